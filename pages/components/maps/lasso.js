// A line drawn around points: which of them it holds.

// Whether (x, y) is within the polygon [[x, y], ...], by the sides that a ray to the right crosses.
export function within(polygon, x, y) {
  let inside = false;
  polygon.forEach(([ax, ay], i) => {
    const [bx, by] = polygon.at(i - 1);
    if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) inside = !inside;
  });
  return inside;
}

// Have a pointer draw on `canvas`: `drawing(path)` as it goes, `done(path)` at its end; a path of hardly any length is a
// click.
export function lasso(canvas, drawing, done) {
  let path = null;
  const at = ({ clientX, clientY }) => {
    const { left, top } = canvas.getBoundingClientRect();
    return [clientX - left, clientY - top];
  };
  canvas.onpointerdown = (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    path = [at(event)];
  };
  canvas.onpointermove = (event) => {
    if (!path) return;
    path.push(at(event));
    drawing(path);
  };
  canvas.onpointerup = () => {
    if (path) done(path);
    path = null;
  };
  canvas.onpointercancel = () => {
    path = null;
    drawing(null);
  };
}
