// Small controls that several parts have.

// A button that is pressed or not; act(pressed).
export function toggle(name, pressed, act) {
  const button = Object.assign(document.createElement("button"), { textContent: name });
  button.setAttribute("aria-pressed", pressed);
  button.onclick = () => {
    const now = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", now);
    act(now);
  };
  return button;
}
