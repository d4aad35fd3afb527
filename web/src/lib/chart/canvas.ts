/** The colours of a chart, resolved: a canvas knows no custom properties. */
export interface ChartColors {
  readonly ink: string;
  readonly line: string;
  readonly fontFamily: string;
  readonly series: readonly string[];
}

export const SERIES_COLORS = 8;

/** The page's colours as they are now, in any form that a canvas takes. */
export function chartColors(box: HTMLElement): ChartColors {
  const probe = document.createElement("span");
  box.append(probe);
  const resolve = (name: string): string => {
    probe.style.setProperty("color", `var(${name})`);
    return getComputedStyle(probe).color;
  };
  const colors = {
    ink: resolve("--ink-soft"),
    line: resolve("--line"),
    fontFamily: getComputedStyle(box).fontFamily,
    series: Array.from({ length: SERIES_COLORS }, (_, place) => resolve(`--series-${place + 1}`)),
  };
  probe.remove();
  return colors;
}

/** What is drawn into a box and can follow its size. */
interface Drawn {
  setSize(size: { width: number; height: number }): void;
  destroy(): void;
}

/** Draws into a box, and follows its size and the page's colours until it is destroyed. */
export function followBox<T extends Drawn>(
  box: HTMLElement,
  sizeOf: (box: HTMLElement) => { width: number; height: number },
  create: () => T,
): { readonly drawn: T; destroy(): void } {
  let drawn = create();
  const redraw = (): void => {
    drawn.destroy();
    drawn = create();
  };
  const sizes = new ResizeObserver(() => drawn.setSize(sizeOf(box)));
  sizes.observe(box);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", redraw);
  const theme = new MutationObserver(redraw);
  theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return {
    get drawn() {
      return drawn;
    },
    destroy() {
      sizes.disconnect();
      theme.disconnect();
      scheme.removeEventListener("change", redraw);
      drawn.destroy();
    },
  };
}
