"""What measures fluency in a browser, for the tests and the bench."""

# Moves the scrubber on in each animation frame, to and fro; gives frames a second and how many steps were seen.
SCRUB = """(slider, panel) => new Promise((done) => {
  const all = 90, most = Number(slider.max), times = [], steps = new Set();
  const next = (now) => {
    times.push(now);
    if (panel) steps.add(panel.dataset.step);
    if (times.length > all) return done({ rate: (1000 * all) / (now - times[0]), steps: steps.size });
    const place = times.length % (2 * most);
    slider.value = place > most ? 2 * most - place : place;
    slider.dispatchEvent(new Event("input"));
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})"""
# Drags across the pad at any moment between two frames; gives the milliseconds from each move to what was drawn.
DRAG = """root => new Promise((done) => {
  const map = root.querySelector(".map"), { left, top, width } = map.getBoundingClientRect(), found = [], all = 90;
  const send = (type, share) => {
    const [clientX, clientY] = [left + share * width, top + share * width];
    map.dispatchEvent(new PointerEvent(type, { pointerId: 1, bubbles: true, buttons: 1, clientX, clientY }));
  };
  map.setPointerCapture = () => {}; // no real pointer is down
  const drawn = () => {
    performance.mark("drawn");
    found.push(performance.measure("drag", "moved", "drawn").duration);
  };
  new MutationObserver(drawn).observe(root, { attributeFilter: ["data-point"] });
  send("pointerdown", 0.2);
  let i = 0;
  const move = () => {
    if (i++ === all) return send("pointerup", 0.5), done(found.sort((a, b) => a - b));
    performance.mark("moved");
    send("pointermove", 0.2 + (0.6 * i) / all);
    setTimeout(move, 25 + (7 * i) % 11); // at any moment between two frames
  };
  move();
})"""
