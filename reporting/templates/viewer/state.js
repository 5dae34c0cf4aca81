// What is shown and how, and its way into the address and out of it.
(function (V) {
  "use strict";

  V.firstState = function (scene, words) {
    return {
      layer: words.layers[0].key,
      cut: words.cutoff,
      classes: [true, true, true],
      crop: V.whole(scene),
      section: { on: false, azimuth: 0, off: 0, half: Math.max(...scene.head.cell_m.slice(0, 2)) },
      holes: true, names: true, ground: false,
      picked: -1, cursor: null, foreign: false,
    };
  };

  // First and last cell of the box along every axis.
  V.whole = (scene) => scene.head.shape.flatMap((n) => [0, n - 1]);

  V.firstCamera = function () {
    return { heading: V.HOME.heading, tilt: V.HOME.tilt, scale: 0, target: [0, 0, 0], exaggeration: 1 };
  };

  const short = (value) => String(Number(value.toFixed(3)));

  // Blocks and slices are told by their coordinates: another model has other numbers for them.
  V.toFragment = function (scene, words, state, camera) {
    const pairs = [
      ["model", words.model],
      ["view", [camera.heading, camera.tilt, camera.scale, ...camera.target].map(short).join("_")],
      ["rl", short(camera.exaggeration)], ["by", state.layer], ["cut", short(state.cut)],
      ["class", state.classes.map(Number).join("")],
      ["show", [state.holes, state.names, state.ground].map(Number).join("")],
    ];
    const { on, azimuth, off, half } = state.section;
    if (on) { pairs.push(["section", [azimuth, off, half].map(short).join("_")]); }
    if (V.isCropped(scene, state)) { pairs.push(["crop", V.cropEdges(scene, state).map(short).join("_")]); }
    if (state.picked >= 0) { pairs.push(["pick", V.world(scene, V.middle(scene, state.picked)).map(short).join("_")]); }
    return "#" + pairs.map((pair) => pair.join("=")).join("&");
  };

  // West, east, south, north, bottom and top of the slices, metres.
  V.cropEdges = function (scene, state) {
    const low = V.world(scene, [0, 1, 2].map((axis) => state.crop[2 * axis]));
    const high = V.world(scene, [0, 1, 2].map((axis) => state.crop[2 * axis + 1] + 1));
    return [0, 1, 2].flatMap((axis) => [low[axis], high[axis]]);
  };

  // The slices that such edges ask of this scene.
  function cropOf(scene, edges) {
    const { shape } = scene.head, at = (side) => V.cellsOf(scene, [0, 1, 2].map((axis) => edges[2 * axis + side]));
    const low = at(0), high = at(1), inside = (one, axis) => Math.max(0, Math.min(shape[axis] - 1, Math.round(one)));
    return [0, 1, 2].flatMap((axis) => {
      const last = inside(high[axis] - 1, axis);
      return [Math.min(inside(low[axis], axis), last), last];
    });
  }

  // Number of the cell that holds a point (metres); -1 where none does.
  function cellAt(scene, point) {
    const [nx, ny] = scene.head.shape, at = V.cellsOf(scene, point).map((one) => Math.floor(one + 1e-6));
    return at.every((one, axis) => one >= 0 && one < scene.head.shape[axis]) ? scene.look[(at[2] * ny + at[1]) * nx + at[0]] : -1;
  }

  // Takes over what an address says; what makes no sense is passed over.
  V.fromFragment = function (text, scene, words, state, camera) {
    const found = new Map(text.replace(/^#/, "").split("&").map((pair) => pair.split("=")));
    if (!found.has("view")) { return false; }
    const numbers = (name, count) => {
      const text = found.get(name), list = text ? text.split("_").map(Number) : [];
      return list.length === count && list.every(Number.isFinite) ? list : null;
    };
    const flags = (name) => /^[01]{3}$/.test(found.get(name) || "") ? Array.from(found.get(name), (one) => one === "1") : null;
    const view = numbers("view", 6), crop = numbers("crop", 6), section = numbers("section", 3);
    if (view && view[2] > 0) {
      [camera.heading, camera.tilt, camera.scale] = [(view[0] % 360 + 360) % 360, Math.max(-90, Math.min(90, view[1])), view[2]];
      camera.target = view.slice(3);
    }
    const upright = numbers("rl", 1), cut = numbers("cut", 1), picked = numbers("pick", 3);
    if (upright && upright[0] >= 1 && upright[0] <= 3) { camera.exaggeration = upright[0]; }
    if (cut && cut[0] >= 0) { state.cut = cut[0]; }
    if (words.layers.some((layer) => layer.key === found.get("by"))) { state.layer = found.get("by"); }
    state.classes = flags("class") || state.classes;
    [state.holes, state.names, state.ground] = flags("show") || [state.holes, state.names, state.ground];
    state.crop = crop ? cropOf(scene, crop) : V.whole(scene);
    state.section.on = section !== null;
    if (section) { [state.section.azimuth, state.section.off, state.section.half] = section; }
    state.picked = picked ? cellAt(scene, picked) : -1;
    state.foreign = found.get("model") !== words.model;
    return true;
  };
})(window.bornite3d);
