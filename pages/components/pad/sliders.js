// A slider for each of the dimensions that matter most and that the map does not show.
import { axisName } from "../shared/map.js";
import { figure } from "../shared/pen.js";

const MOST = 8;

// show(known, plane, z) sets them to a code; slide(dimension, value) is called as one is moved.
export function sliders(parent, slide) {
  let rows = [], made = "";
  const row = (dimension) => {
    const [name, input, output] = ["span", "input", "output"].map((tag) => document.createElement(tag));
    Object.assign(input, { type: "range", step: "any", ariaLabel: axisName(dimension) });
    name.textContent = axisName(dimension);
    input.oninput = () => slide(dimension, Number(input.value));
    parent.append(name, input, output);
    return { dimension, input, output };
  };
  const set = ({ dimension, input, output }, known, z) => {
    const [low, high] = known.span([dimension]), value = z[dimension];
    if (Number(input.value) !== value) Object.assign(input, { min: low, max: high, value });
    if (output.textContent !== figure(value)) output.textContent = figure(value);
  };
  return {
    show(known, plane, z) {
      const wanted = known.order.filter((dimension) => !plane.includes(dimension)).slice(0, MOST);
      if (made !== wanted.join()) {
        parent.replaceChildren();
        [rows, made] = [wanted.map(row), wanted.join()];
      }
      rows.forEach((one) => set(one, known, z));
    },
  };
}
