/** What a form sent, read as text; a field that is missing, or a file, is empty. */
export class FormFields {
  readonly #form: FormData;

  private constructor(form: FormData) {
    this.#form = form;
  }

  static async of(request: Request): Promise<FormFields> {
    return new FormFields(await request.formData());
  }

  /** As it was typed: a password may begin with a blank. */
  exact(name: string): string {
    const value = this.#form.get(name);
    return typeof value === "string" ? value : "";
  }

  text(name: string): string {
    return this.exact(name).trim();
  }

  isOn(name: string): boolean {
    return this.#form.has(name);
  }

  all(name: string): string[] {
    return this.#form.getAll(name).filter((value) => typeof value === "string");
  }
}
