import { invalidate } from "$app/navigation";

/** Loads a page's data again now and then while it is looked at. Call it while a component is set up. */
export function reloadWhileSeen(key: `kilowatch:${string}`, everyMs: number): void {
  $effect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) void invalidate(key);
    }, everyMs);
    return () => clearInterval(timer);
  });
}
