/** Which way an arrow key goes: rows down, columns to the right. */
const WAYS: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
  ArrowRight: [0, 1],
  ArrowLeft: [0, -1],
};

/** With the arrow keys from a hole to the next one that way. Where there is none, the box scrolls as usual. */
export function moveAmongHoles(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const way = WAYS[event.key];
  const { currentTarget: box, target } = event;
  if (!way || event.ctrlKey || event.metaKey || event.altKey || !(target instanceof HTMLElement)) return;
  const start = target === box ? box.querySelector<HTMLElement>(".hole") : nextHole(target, way);
  if (!start) return;
  event.preventDefault();
  start.focus();
}

function nextHole(from: HTMLElement, [down, right]: readonly [number, number]): HTMLElement | null {
  const cell = from.closest("td");
  const row = cell?.parentElement;
  const rows = row?.parentElement;
  if (!cell || !(row instanceof HTMLTableRowElement) || !(rows instanceof HTMLTableSectionElement)) return null;
  let [line, place] = [row.sectionRowIndex + down, cell.cellIndex + right];
  while (line >= 0 && line < rows.rows.length && place >= 0 && place < row.cells.length) {
    const hole = rows.rows[line]?.cells[place]?.querySelector<HTMLElement>(".hole");
    if (hole) return hole;
    line += down;
    place += right;
  }
  return null;
}
