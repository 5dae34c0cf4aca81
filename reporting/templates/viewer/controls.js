// Mouse, touch and keyboard on the picture; the form beside it.
(function (V) {
  "use strict";

  const TURN = 0.35;

  // app: {camera, state, look(dragging), change(), pickAt(x, y), size()}
  V.pointers = function (canvas, app) {
    const down = new Map();
    let moved = 0, apart = 0;
    const middle = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      canvas.focus({ preventScroll: true });
      down.set(event.pointerId, middle(event));
      moved = 0;
      apart = spread(down);
    });
    canvas.addEventListener("pointermove", (event) => {
      const here = middle(event), before = down.get(event.pointerId);
      if (!before) { app.hover(here[0], here[1]); return; }
      const dx = here[0] - before[0], dy = here[1] - before[1];
      moved += Math.abs(dx) + Math.abs(dy);
      down.set(event.pointerId, here);
      if (down.size === 2) {
        V.pan(app.camera, dx / 2, dy / 2);
        const now = spread(down), centre = mean(down);
        if (apart > 0 && now > 0) { V.zoom(app.camera, now / apart, centre[0], centre[1]); }
        apart = now;
      } else if (event.shiftKey || event.buttons & 6) { V.pan(app.camera, dx, dy); }
      else { V.turn(app.camera, dx * TURN, dy * TURN); }
      app.look(true);
    });
    const up = (event) => {
      if (!down.delete(event.pointerId)) { return; }
      if (event.type === "pointerup" && moved < 5 && event.button === 0) { app.pickAt(...middle(event)); }
      app.look(false);
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => {
      if (document.activeElement !== canvas && !event.ctrlKey) { return; }
      event.preventDefault();
      V.zoom(app.camera, Math.exp(-event.deltaY * 0.0015), ...middle(event));
      app.look(true);
      app.settle();
    }, { passive: false });
  };

  function spread(down) {
    const all = Array.from(down.values());
    return all.length === 2 ? Math.hypot(all[0][0] - all[1][0], all[0][1] - all[1][1]) : 0;
  }

  function mean(down) {
    const all = Array.from(down.values());
    return [0, 1].map((axis) => all.reduce((sum, one) => sum + one[axis], 0) / all.length);
  }

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const LETTERS = { a: [-1, 0], d: [1, 0], w: [0, -1], s: [0, 1] };

  V.keys = function (canvas, app) {
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) { return; }
      const arrow = ARROWS[event.key], letter = LETTERS[event.key.toLowerCase()];
      if (arrow && event.shiftKey) { V.pan(app.camera, -40 * arrow[0], -40 * arrow[1]); }
      else if (arrow) { V.turn(app.camera, 5 * arrow[0], 5 * arrow[1]); }
      else if (letter) { app.moveCursor((event.shiftKey ? 60 : 12) * letter[0], (event.shiftKey ? 60 : 12) * letter[1]); }
      else if (event.key === "+" || event.key === "=") { V.zoom(app.camera, 1.2, 0, 0); }
      else if (event.key === "-" || event.key === "_") { V.zoom(app.camera, 1 / 1.2, 0, 0); }
      else if (event.key === "Home") { app.view(V.HOME); }
      else if (V.viewOf(event.key, app.state)) { app.view(V.viewOf(event.key, app.state)); }
      else if (event.key === "Enter" || event.key === " ") { app.pickAtCursor(); }
      else if (event.key === "Escape") { app.clear(); }
      else { return; }
      event.preventDefault();
      app.look(true);
      app.settle();
    });
  };

  // Form -> state; names of the controls are ids in the template.
  V.form = function (form, app) {
    const { state, camera } = app, field = (name) => form.elements[name];
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => {
      const name = event.target.name;
      if (name === "rl") {
        camera.exaggeration = Number(field("rl").value);
        app.labels();
        app.look(true);
        app.settle();
        return;
      }
      state.layer = field("layer").value;
      state.cut = Number(field("cut").value);
      state.classes = [0, 1, 2].map((n) => field("class" + n).checked);
      ["x", "y", "z"].forEach((axis, n) => {
        let from = Number(field(axis + "0").value), to = Number(field(axis + "1").value);
        if (from > to && name === axis + "0") { to = from; field(axis + "1").value = to; }
        if (from > to) { from = to; field(axis + "0").value = from; }
        state.crop[2 * n] = from;
        state.crop[2 * n + 1] = to;
      });
      state.section = { on: field("section").checked, azimuth: Number(field("azimuth").value),
        off: Number(field("off").value), half: Number(field("half").value) };
      ["holes", "names", "ground"].forEach((one) => { state[one] = field(one).checked; });
      app.change();
    });
  };

  // State -> form, with the limits that the scene gives.
  V.fillForm = function (form, app) {
    const { state, camera, scene, words } = app, field = (name) => form.elements[name], main = words.layers[0];
    const range = (name, low, high, step, value) => {
      Object.assign(field(name), { min: low, max: high, step: step });
      field(name).value = value;
    };
    field("layer").value = state.layer;
    const step = Math.pow(10, -main.decimals);
    range("cut", 0, main.most, step, state.cut);
    state.classes.forEach((on, n) => { field("class" + n).checked = on; });
    ["x", "y", "z"].forEach((axis, n) => {
      range(axis + "0", 0, scene.head.shape[n] - 1, 1, state.crop[2 * n]);
      range(axis + "1", 0, scene.head.shape[n] - 1, 1, state.crop[2 * n + 1]);
    });
    const [nx, ny] = scene.head.shape, [dx, dy] = scene.head.cell_m, reach = Math.ceil(Math.hypot(nx * dx, ny * dy) / 2);
    const least = Math.max(dx, dy) / 2;
    field("section").checked = state.section.on;
    range("azimuth", 0, 175, 5, state.section.azimuth);
    range("off", -Math.ceil(reach / least) * least, Math.ceil(reach / least) * least, least, state.section.off);
    range("half", least, 20 * least, least, state.section.half);
    ["holes", "names", "ground"].forEach((one) => { field(one).checked = state[one]; });
    field("ground").disabled = !scene.head.ground;
    range("rl", 1, 3, 0.5, camera.exaggeration);
    app.labels();
  };

  // What each slider stands at, in real-world coordinates.
  V.labels = function (form, app) {
    const { state, camera, scene, words } = app, main = words.layers[0];
    const say = (name, text) => {
      form.querySelector('output[data-of="' + name + '"]').textContent = text;
      const input = form.elements[name];
      if (input) { input.setAttribute("aria-valuetext", text); }
    };
    say("cut", main.symbol + " ≥ " + V.fixed(state.cut, main.decimals) + " " + main.unit);
    ["x", "y", "z"].forEach((axis, n) => {
      const edge = (at) => V.world(scene, [0, 1, 2].map((one) => (one === n ? at : 0)))[n];
      say(axis + "0", V.fixed(edge(state.crop[2 * n]), 0) + " m");
      say(axis + "1", V.fixed(edge(state.crop[2 * n + 1] + 1), 0) + " m");
    });
    say("azimuth", state.section.azimuth + "°");
    say("off", V.fixed(state.section.off, 1) + " m");
    say("half", "± " + V.fixed(state.section.half, 1) + " m");
    say("rl", "×" + V.fixed(camera.exaggeration, 1));
  };
})(window.bornite3d);
