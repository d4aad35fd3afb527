import type { Dispatcher } from "undici";
import type { Clock } from "../domain/clock.ts";
import type { VendorAccount, VendorClient } from "../vendors/vendor.ts";
import type { Account } from "./account.ts";
import type { Budgets, HeldBudget } from "./budgets.ts";

export interface OpenParts {
  /** Opens what sends the requests of an account and decides which addresses it may have. @throws InvalidInput when the URL is none */
  readonly openSockets: (baseUrl: string) => Dispatcher;
  readonly budgets: Budgets;
  readonly clock: Clock;
}

/** An open account; whoever opened it closes the client, then its sockets, and then releases the budget. */
export interface OpenAccount {
  readonly client: VendorClient;
  readonly sockets: Dispatcher;
  readonly budget: HeldBudget;
}

/**
 * Opens an account on its budget; sends nothing.
 * @param countedAs the account whose budget it spends, where the vendor counts another credential as the same
 * @throws InvalidInput when the address is none
 */
export async function openAccount(
  account: Account,
  { openSockets, budgets, clock }: OpenParts,
  { countedAs = account, events }: { readonly countedAs?: Account; readonly events?: VendorAccount["events"] } = {},
): Promise<OpenAccount> {
  const { vendor, baseUrl, credential } = account;
  const sockets = openSockets(baseUrl);
  const budget = budgets.hold(countedAs);
  const { limiter } = budget;
  try {
    const client = vendor.open({
      baseUrl,
      credential,
      clock,
      dispatcher: sockets,
      limiter,
      ...(events && { events }),
    });
    return { client, sockets, budget };
  } catch (error) {
    budget.release();
    await sockets.destroy();
    throw error;
  }
}
