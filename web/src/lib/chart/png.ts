/** What a picture of charts says beside them. */
export interface PictureWords {
  readonly title: string;
  readonly lines: readonly { readonly text: string; readonly color: string }[];
}

const PADDING_PX = 16;
const LINE_PX = 20;
const SWATCH_PX = 10;

/** Charts below each other with their title and legend, as one PNG in the page's colours. @throws Error when the browser cannot make one */
export function chartsPng(
  box: HTMLElement,
  canvases: readonly HTMLCanvasElement[],
  words: PictureWords,
): Promise<Blob> {
  const scale = devicePixelRatio;
  const width = Math.max(...canvases.map((canvas) => canvas.width)) / scale + 2 * PADDING_PX;
  const chartsHeight = canvases.reduce((sum, canvas) => sum + canvas.height / scale + PADDING_PX, 0);
  const height = chartsHeight + (words.lines.length + 1) * LINE_PX + 2 * PADDING_PX;
  const picture = document.createElement("canvas");
  picture.width = Math.round(width * scale);
  picture.height = Math.round(height * scale);
  const context = picture.getContext("2d");
  if (!context) return Promise.reject(new Error("this browser gives no canvas"));
  const style = getComputedStyle(box);
  context.scale(scale, scale);
  context.fillStyle = style.backgroundColor;
  context.fillRect(0, 0, width, height);
  context.textBaseline = "middle";
  context.font = `600 14px ${style.fontFamily}`;
  context.fillStyle = style.color;
  let y = PADDING_PX + LINE_PX / 2;
  context.fillText(words.title, PADDING_PX, y, width - 2 * PADDING_PX);
  y += LINE_PX;
  for (const canvas of canvases) {
    context.drawImage(canvas, PADDING_PX, y, canvas.width / scale, canvas.height / scale);
    y += canvas.height / scale + PADDING_PX;
  }
  context.font = `13px ${style.fontFamily}`;
  for (const { text, color } of words.lines) {
    context.fillStyle = color;
    context.fillRect(PADDING_PX, y - SWATCH_PX / 2, SWATCH_PX, SWATCH_PX);
    context.fillStyle = style.color;
    context.fillText(text, PADDING_PX + SWATCH_PX + 8, y, width - 3 * PADDING_PX);
    y += LINE_PX;
  }
  return new Promise((resolve, reject) => {
    picture.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("this browser makes no picture"))), "image/png");
  });
}
