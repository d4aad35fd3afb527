import type { Picture } from "./picture.ts";

/** The way from ten years to a second, and back, is about as many steps; a picture takes up to 2 MB. */
export const KEPT_PICTURES_MAX = 8;

/** The pictures that were shown last, each under what was wished for: whoever goes back sees one at once, while its successor is loaded. */
export class KeptPictures {
  /** The one that was shown last stands last. */
  readonly #pictures = new Map<string, Picture>();

  keep(wish: string, picture: Picture): void {
    this.#pictures.delete(wish);
    this.#pictures.set(wish, picture);
    const [oldest] = this.#pictures.keys();
    if (this.#pictures.size > KEPT_PICTURES_MAX && oldest !== undefined) this.#pictures.delete(oldest);
  }

  of(wish: string): Picture | null {
    return this.#pictures.get(wish) ?? null;
  }
}
