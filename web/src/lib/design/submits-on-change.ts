/**
 * Sends a form of choices as soon as somebody makes one, and at once if somebody has before the script came: a choice that stands on
 * the page and does not count would be taken for one that does.
 */
export function submitsOnChange(form: HTMLFormElement): { destroy: () => void } {
  const submit = (): void => form.requestSubmit();
  form.addEventListener("change", submit);
  if (isChanged(form)) submit();
  return { destroy: () => form.removeEventListener("change", submit) };
}

function isChanged(form: HTMLFormElement): boolean {
  return [...form.querySelectorAll("select")].some((select) => {
    const first = Math.max(0, Array.from(select.options, ({ defaultSelected }) => defaultSelected).indexOf(true));
    return select.selectedIndex !== first;
  });
}
