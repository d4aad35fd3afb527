import { InvalidInput } from "../domain/errors.ts";

/** Reads a vendor's address. @throws InvalidInput with the path `baseUrl` and one sentence; it never repeats a password. */
export function parseBaseUrl(text: string): URL {
  if (!URL.canParse(text)) throw wrong("is not an address such as https://api.example.com");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw wrong("must begin with http:// or https://");
  if (url.username !== "" || url.password !== "") throw wrong("must hold no user name or password");
  if (url.search !== "" || url.hash !== "") throw wrong('must hold no "?" or "#"');
  return url;
}

function wrong(message: string): InvalidInput {
  return new InvalidInput([{ path: "baseUrl", message }]);
}
