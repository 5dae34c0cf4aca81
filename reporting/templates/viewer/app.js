// Brings everything together: draws on demand, half as fine while something moves.
(function (V) {
  "use strict";

  const QUICK_MS = 30, FINE_MS = 60, REST_MS = 160, WIDE = 700;
  const element = (id) => document.getElementById(id);
  const stage = element("stage"), form = element("view-controls");
  const app = { times: {} };
  V.app = app;

  function canvases() {
    return { behind: element("behind"), view: element("view"), before: element("before") };
  }

  function colour(hex) { return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255); }

  function palette(layer) {
    const found = new Float32Array(96);
    layer.colours.forEach((one, n) => found.set(colour(one), 3 * n));
    return found;
  }

  const layerOf = (key) => app.words.layers.find((layer) => layer.key === key);

  // Cells that are shown, their colours, faces and ribbons; then the explorer's figures.
  app.rebuild = function () {
    const started = performance.now(), { scene, state } = app, layer = layerOf(state.layer);
    app.shown = V.shownCells(scene, state);
    const faces = V.faces(scene, app.shown, V.colours(scene, layer));
    V.putFaces(app.gl, faces);
    app.times.faces = faces.reduce((sum, list) => sum + list.length / 16, 0);
    app.palette = palette(layer);
    V.putHoles(app.gl, V.ribbons(scene, state, V.limits(layerOf("grade_0"), scene.columns.trace_grade)));
    if (state.ground) { V.putGround(app.gl, V.net(scene, state)); }
    app.times.rebuild_ms = performance.now() - started;
  };

  app.change = function () {
    app.rebuild();
    app.tell();
    app.look(true);
    app.settle();
  };

  // Everything in words that the state decides.
  app.tell = function () {
    V.legend(element("legend"), layerOf(app.state.layer));
    app.labels();
    element("foreign").hidden = !app.state.foreign;
    app.sums = V.explore(app.scene, app.words, app.state, app.shown);
    V.showPick(element("picked"), app.scene, app.words, app.state.picked);
  };

  app.labels = () => V.labels(form, app);
  app.size = () => [stage.clientWidth, stage.clientHeight];

  function resize(canvas, by) {
    const [width, height] = app.size(), wide = Math.max(1, Math.round(width * by)), high = Math.max(1, Math.round(height * by));
    if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
  }

  // One frame; by: pixels of the picture to one of the page.
  app.render = function (by) {
    const started = performance.now(), { scene, camera, state } = app, [width, height] = app.size();
    const { behind, view, before } = canvases(), fine = Math.max(window.devicePixelRatio || 1, by);
    resize(view, by);
    resize(behind, fine);
    resize(before, fine);
    V.draw(app.gl, {
      matrix: V.matrix(scene, camera, width, height),
      forward: V.axes(camera).forward,
      palette: app.palette, holePalette: palette(layerOf("grade_0")),
      cellPixels: Math.min(...scene.head.cell_m) / camera.scale * by,
      wide: Math.max(1, 2.6 * by), holes: state.holes, ground: state.ground,
      through: V.isCut(scene, state) ? 0.85 : 0.22,
    });
    for (const [canvas, draw] of [[behind, V.behind], [before, V.before]]) {
      const context = canvas.getContext("2d");
      context.setTransform(fine, 0, 0, fine, 0, 0);
      context.clearRect(0, 0, width, height);
      draw(context, width, height, scene, camera, { names: state.holes && state.names, picked: app.shown[state.picked] ? state.picked : -1, cursor: state.cursor });
    }
    return V.whenDrawn(app.gl, () => {
      app.times.frame_ms = performance.now() - started;
      app.times.frames = (app.times.frames || 0) + 1;
    });
  };

  let asked = 0, resting = 0;
  const full = () => Math.min(2, window.devicePixelRatio || 1);

  // Draws at the next frame; coarse while something moves, where drawing is slow.
  app.look = function (moving) {
    if (!asked) {
      asked = requestAnimationFrame(() => {
        asked = 0;
        const slow = (app.times.settled_ms || 0) > QUICK_MS;
        app.render(app.moving && slow ? full() / 2 : full());
      });
    }
    app.moving = moving;
    if (!moving) { app.settle(); }
  };

  // Draws finely once nothing has moved for a while, finer still where that is quick.
  app.settle = function () {
    clearTimeout(resting);
    resting = setTimeout(async () => {
      app.moving = false;
      remember();
      await app.render(full());
      app.times.settled_ms = app.times.frame_ms;
      if (!app.moving && app.times.settled_ms < FINE_MS) { app.render(full() * 2); }
    }, REST_MS);
  };

  function remember() {
    const fragment = V.toFragment(app.scene, app.words, app.state, app.camera);
    element("permalink").href = fragment;
    try { history.replaceState(null, "", fragment); } catch (e) { /* the link on the page still has it */ }
  }

  app.view = function (view) {
    Object.assign(app.camera, { heading: view.heading, tilt: view.tilt });
    V.seeAll(app.scene, app.camera, ...app.size(), inset());
  };

  // Pixels that the legend takes, where there is room beside it for coordinates.
  function inset() { return app.size()[0] < WIDE ? 0 : element("legend").offsetWidth + 14; }

  app.select = function (hit) {
    app.state.picked = hit ? hit.n : -1;
    V.showPick(element("picked"), app.scene, app.words, app.state.picked);
  };

  app.pickAt = function (x, y) {
    app.select(V.pick(app.scene, app.shown, app.camera, x, y));
    app.hover(x, y);
    app.look(false);
  };

  app.hover = function (x, y) {
    const hit = V.pick(app.scene, app.shown, app.camera, x, y), box = element("where");
    if (!hit) { box.textContent = "E —  N —  RL —"; return; }
    const [east, north, up] = V.world(app.scene, hit.point).map((one) => V.fixed(one, 1));
    box.textContent = "E " + east + "  N " + north + "  RL " + up + " m";
  };

  app.moveCursor = function (dx, dy) {
    const [width, height] = app.size(), at = app.state.cursor || [0, 0];
    app.state.cursor = [Math.max(-width / 2, Math.min(width / 2, at[0] + dx)), Math.max(-height / 2, Math.min(height / 2, at[1] + dy))];
    app.hover(...app.state.cursor);
  };

  app.pickAtCursor = function () {
    app.state.cursor = app.state.cursor || [0, 0];
    app.pickAt(...app.state.cursor);
  };

  app.clear = function () { app.state.cursor = null; app.select(null); };

  app.restore = function () {
    if (!V.fromFragment(location.hash, app.scene, app.words, app.state, app.camera)) { return; }
    V.fillForm(form, app);
    app.change();
  };

  function buttons() {
    stage.parentElement.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-view]");
      if (!button) { return; }
      app.view(V.viewOf(button.dataset.view, app.state) || V.HOME);
      app.look(false);
    });
    element("shot").addEventListener("click", () => V.screenshot(app));
    element("whole").addEventListener("click", () => {
      const first = V.firstState(app.scene, app.words);
      Object.assign(app.state, { crop: first.crop, section: first.section, classes: first.classes, cut: first.cut });
      V.fillForm(form, app);
      app.change();
    });
    document.querySelectorAll("input[name=language]").forEach((box) => box.addEventListener("change", () => app.look(false)));
    window.addEventListener("hashchange", app.restore);
    new ResizeObserver(() => app.look(false)).observe(stage);
  }

  async function start() {
    app.words = JSON.parse(element("scene-words").textContent);
    app.scene = await V.load(element("scene-data").textContent.trim());
    app.times.decoded_ms = performance.now();
    app.words.layers.forEach((layer) => { layer.bins = layer.bins || app.scene.head.bins[layer.key] || []; fillColours(layer); });
    V.holePoints(app.scene);
    app.state = V.firstState(app.scene, app.words);
    app.camera = V.firstCamera();
    stage.closest("section").hidden = false;
    app.gl = V.open(element("view"));
    if (!app.gl) { stage.closest("section").hidden = true; return; }
    V.legend(element("legend"), layerOf(app.state.layer));
    app.view(V.HOME);
    V.fromFragment(location.hash, app.scene, app.words, app.state, app.camera);
    V.fillForm(form, app);
    app.rebuild();
    element("without").hidden = true;
    app.tell();
    await app.render(full() / 2);
    app.times.first_ms = performance.now();
    app.settle();
    V.pointers(element("view"), app);
    V.keys(element("view"), app);
    V.form(form, app);
    buttons();
    document.documentElement.dataset.viewer = "ready";
  }

  // As many colours of a layer's ramp as it has bins, and grey for blocks without a value.
  function fillColours(layer) {
    if (layer.key !== "class") { layer.colours = layer.ramps[Math.min(layer.bins.length, layer.ramps.length - 1)].concat("#9aa4ad"); }
  }

  document.addEventListener("DOMContentLoaded", () => {
    start().catch(() => { stage.closest("section").hidden = true; element("without").hidden = false; });
  });
})(window.bornite3d);
