/** What sends one reading with a key, in three languages. Keys and addresses hold nothing that a shell or a string would read otherwise. */
export interface Snippets {
  readonly curl: string;
  readonly javascript: string;
  readonly python: string;
}

const LINE = "active_power,device=My-meter,unit=W value=1500.5";

/** @param origin the server's address as the visitor's browser has it, without a slash at the end */
export function snippets(origin: string, key: string): Snippets {
  const url = `${origin}/api/v2/write`;
  return {
    curl: `curl -i ${url} -H "authorization: Bearer ${key}" --data-binary '${LINE}'`,
    javascript: [
      `const key = "${key}";`,
      `const body = "active_power,device=My-meter,unit=W value=" + (1000 + 500 * Math.random());`,
      `const headers = { authorization: \`Bearer \${key}\` };`,
      `const answer = await fetch("${url}", { method: "POST", headers, body });`,
      `console.log(answer.status === 204 ? "stored" : await answer.text());`,
    ].join("\n"),
    python: [
      "from urllib.request import Request, urlopen",
      `key = "${key}"`,
      `body = b"${LINE}"`,
      `request = Request("${url}", body, {"authorization": f"Bearer {key}"})`,
      `print("stored" if urlopen(request).status == 204 else "not stored")`,
    ].join("\n"),
  };
}

/** Where the visitor's browser reached the server; behind a proxy the server itself may not know the scheme. */
export function browserOrigin(request: Request, url: URL): string {
  const said = request.headers.get("origin");
  return said !== null && URL.canParse(said) ? new URL(said).origin : url.origin;
}
