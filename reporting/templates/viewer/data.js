// Unpacks a scene (reporting/viewer/encode.py): letters, inflate, columns told from their neighbours.
(function (V) {
  "use strict";

  const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%:()*+-;,=.?@^_`{|}~";

  // Five letters are four bytes; the first four say how many follow.
  function bytesOf(text) {
    const worth = new Uint8Array(128), bytes = new Uint8Array(text.length / 5 * 4);
    for (let n = 0; n < 85; n += 1) { worth[LETTERS.charCodeAt(n)] = n; }
    for (let from = 0, to = 0; from < text.length; from += 5, to += 4) {
      let word = 0;
      for (let n = 0; n < 5; n += 1) { word = word * 85 + worth[text.charCodeAt(from + n)]; }
      bytes[to] = word >>> 24;
      bytes[to + 1] = word >>> 16;
      bytes[to + 2] = word >>> 8;
      bytes[to + 3] = word;
    }
    return bytes.subarray(4, 4 + new DataView(bytes.buffer).getUint32(0));
  }

  function inflate(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).arrayBuffer();
  }

  // Whole numbers of one column as they lie in the stream: all lowest bytes, then the next ones.
  function planes(bytes, from, about) {
    const count = about.count, found = new Int32Array(count);
    for (let plane = 0; plane < about.bytes; plane += 1) {
      const start = from + plane * count, shift = 8 * plane;
      for (let at = 0; at < count; at += 1) { found[at] |= bytes[start + at] << shift; }
    }
    return found;
  }

  function unfold(value) { return value & 1 ? -((value + 1) >>> 1) : value >>> 1; }

  function middle(a, b, c) { return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c)); }

  // Places of the cells, and the number of the cell at every place of the box (-1: none).
  function place(scene, steps) {
    const [nx, ny, nz] = scene.head.shape, count = steps.length;
    scene.count = count;
    scene.at = new Int32Array(count);
    scene.i = new Uint16Array(count); scene.j = new Uint16Array(count); scene.k = new Uint16Array(count);
    scene.look = new Int32Array(nx * ny * nz).fill(-1);
    let last = -1;
    for (let n = 0; n < count; n += 1) {
      last += 1 + steps[n];
      scene.at[n] = last;
      scene.i[n] = last % nx;
      scene.j[n] = Math.floor(last / nx) % ny;
      scene.k[n] = Math.floor(last / (nx * ny));
      scene.look[last] = n;
    }
  }

  // Numbers of the cells one step back along x, y, z, xy, xz, yz; -1 where none is.
  function neighbours(scene) {
    const [nx, ny] = scene.head.shape, layer = nx * ny, near = new Int32Array(6 * scene.count);
    const back = [1, nx, layer, 1 + nx, 1 + layer, nx + layer];
    for (let n = 0; n < scene.count; n += 1) {
      const x = scene.i[n] > 0, y = scene.j[n] > 0, z = scene.k[n] > 0;
      const there = [x, y, z, x && y, x && z, y && z];
      for (let way = 0; way < 6; way += 1) {
        near[6 * n + way] = there[way] ? scene.look[scene.at[n] - back[way]] : -1;
      }
    }
    return near;
  }

  function fromCells(values, near) {
    for (let n = 0, at = 0; n < values.length; n += 1, at += 6) {
      const x = near[at], y = near[at + 1], z = near[at + 2];
      const xy = near[at + 3], xz = near[at + 4], yz = near[at + 5];
      let guess;
      if (x >= 0 && y >= 0 && z >= 0 && xy >= 0 && xz >= 0 && yz >= 0) {
        const a = values[x], b = values[y], c = values[z];
        guess = middle(a + b - values[xy], a + c - values[xz], b + c - values[yz]);
      } else {
        let sum = 0, beside = 0;
        if (x >= 0) { sum += values[x]; beside += 1; }
        if (y >= 0) { sum += values[y]; beside += 1; }
        if (z >= 0) { sum += values[z]; beside += 1; }
        guess = beside ? Math.floor(sum / beside) : n ? values[n - 1] : 0;
      }
      values[n] = guess + unfold(values[n]);
    }
    return values;
  }

  function fromLine(values) {
    for (let n = 0; n < values.length; n += 1) {
      const one = n > 0 ? values[n - 1] : 0, two = n > 1 ? values[n - 2] : 0;
      values[n] = 2 * one - two + unfold(values[n]);
    }
    return values;
  }

  function decimalsOf(step) { return step.includes("e") ? 9 : (step.split(".")[1] || "").length; }

  V.load = async function (text) {
    const buffer = await inflate(bytesOf(text)), bytes = new Uint8Array(buffer);
    const length = new DataView(buffer).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
    const scene = { head: head, columns: {}, bytes: bytes.length };
    let from = 4 + length, near = null;
    for (const about of head.columns) {
      let values = planes(bytes, from, about);
      from += about.count * about.bytes;
      if (about.guess === "steps") { place(scene, values); near = neighbours(scene); continue; }
      if (about.guess === "cells") { values = fromCells(values, near); }
      if (about.guess === "line") { values = fromLine(values); }
      scene.columns[about.name] = { values: values, step: Number(about.step), decimals: decimalsOf(about.step) };
    }
    return scene;
  };

  // A number of a column, as the page prints it; zero in the column is no value.
  V.value = function (column, n) {
    const kept = column.values[n];
    return kept === 0 ? NaN : (kept - 1) * column.step;
  };

  // Half to the even digit, on the whole numbers that are kept.
  V.printed = function (column, n, decimals) {
    const kept = column.values[n];
    if (kept === 0) { return "—"; }
    let whole = kept - 1;
    for (let spare = column.decimals - decimals; spare > 0; spare -= 1) {
      const rest = whole % 10, tens = (whole - rest) / 10;
      whole = rest > 5 || (rest === 5 && tens % 2 === 1) ? tens + 1 : tens;
    }
    const digits = String(whole).padStart(decimals + 1, "0"), cut = digits.length - decimals;
    return V.thousands(digits.slice(0, cut)) + (decimals ? "." + digits.slice(cut) : "");
  };

  V.thousands = function (digits) { return digits.replace(/\B(?=(\d{3})+$)/g, ","); };

  V.fixed = function (value, decimals) {
    if (!Number.isFinite(value)) { return "—"; }
    const [whole, rest] = Math.abs(value).toFixed(decimals).split(".");
    const text = V.thousands(whole) + (rest ? "." + rest : "");
    return value < 0 && Number(value.toFixed(decimals)) !== 0 ? "−" + text : text;
  };
})(window.bornite3d = window.bornite3d || {});
