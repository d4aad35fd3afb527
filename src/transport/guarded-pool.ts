import { type LookupAddress, type LookupAllOptions, lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { buildConnector, type Dispatcher, Pool } from "undici";
import type { AddressGuard } from "./address-guard.ts";
import { parseBaseUrl } from "./base-url.ts";
import { POOL_OPTIONS, REQUEST_TIMEOUT_MS } from "./caller.ts";
import { AddressRefused } from "./exchange.ts";

/** Finds all addresses of a name, as `lookup` of `node:dns` does. */
export type Resolver = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Sends the requests of one account and opens no socket to an address that the guard objects to: such a request fails with
 * `AddressRefused`, and nothing was sent. What is judged is what the socket is about to be connected to, for every socket
 * anew: an address in the URL as it is, a name by all the addresses that it has at that moment, of which none may be refused.
 *
 * @throws InvalidInput when the base URL is none
 */
export function openGuardedPool(baseUrl: string, guard: AddressGuard, resolve: Resolver = lookup): Dispatcher {
  const connectAllowed = buildConnector({
    timeout: REQUEST_TIMEOUT_MS,
    lookup: guardedLookup(guard, resolve),
    // So that the look-up is asked for all addresses, and its answer is the list that is tried.
    autoSelectFamily: true,
  });
  const connect: buildConnector.connector = (options, callback) => {
    // Only names are looked up.
    const objection = isIP(options.hostname) === 0 ? null : guard.objection(options.hostname);
    if (objection === null) connectAllowed(options, callback);
    else callback(new AddressRefused(`its address is ${objection}`), null);
  };
  return new Pool(parseBaseUrl(baseUrl).origin, { ...POOL_OPTIONS, connect });
}

function guardedLookup(guard: AddressGuard, resolve: Resolver): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      // Beside an error there are none, whatever the types of Node say.
      if (error) return callback(error, []);
      const objection = addresses.map(({ address }) => guard.objection(address)).find((words) => words !== null);
      if (objection === undefined) callback(null, addresses);
      else callback(new AddressRefused(`${hostname} is at ${objection}`), []);
    });
  };
}
