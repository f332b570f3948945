// Drawing helpers: images as they are (one polarity in both themes), nearest-neighbour scaling, sharp on any screen.

// Images (M, C, H, W) as uint8 onto the off-screen canvas `sheet`, `columns` a row, `gap` pixels apart.
export function contactSheet({ shape: [count, channels, height, width], data }, columns, gap, sheet) {
  const rows = Math.ceil(count / columns), size = height * width;
  sheet.width = columns * (width + gap) - gap;
  sheet.height = rows * (height + gap) - gap;
  const context = sheet.getContext("2d"), image = context.createImageData(sheet.width, sheet.height);
  for (let m = 0; m < count; m++) {
    const left = (m % columns) * (width + gap), top = Math.floor(m / columns) * (height + gap);
    for (let p = 0; p < size; p++) {
      const at = 4 * ((top + Math.floor(p / width)) * sheet.width + left + (p % width));
      for (let c = 0; c < 3; c++) image.data[at + c] = data[(m * channels + (channels === 3 ? c : 0)) * size + p];
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  return sheet;
}

// How many times larger type is than at a desk: stage mode has the root's font larger.
export const enlarged = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

// A canvas font of that look at a desk, enlarged as all type is, in the page's own letters, which have Chinese ones.
export const letters = ({ canvas }, look) =>
  `${look.replace(/[\d.]+(?=px)/, (size) => enlarged() * size)} ${getComputedStyle(canvas).fontFamily}`;

// What stands in place of a picture that is not there (yet).
export function message(context, text, width, height) {
  context.fillStyle = "#bbb";
  context.font = letters(context, "16px");
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, width / 2, height / 2, width - 16);
}

// How many times finer than the screen pictures are drawn: 1, but while one is saved.
export const sharpness = { factor: 1 };

// Size `canvas` to its box in device pixels; its context, scaled so that one unit is one CSS pixel.
export function fit(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas, ratio = sharpness.factor * (globalThis.devicePixelRatio || 1);
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  return { context, width, height };
}
