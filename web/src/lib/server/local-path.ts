/** A path of this site to go on to, or `/` when the text is anything else: a form must not send people to another site. */
export function localPath(text: unknown): string {
  if (typeof text !== "string" || !text.startsWith("/")) return "/";
  // Browsers read "//host", "/\host" and a tab or newline before them as another host.
  const url = URL.parse(text, "http://local.invalid");
  if (url?.host !== "local.invalid") return "/";
  // "/..//host" is a path here, and "//host" once its dots are resolved.
  return `/${url.pathname.replace(/^\/+/, "")}${url.search}`;
}
