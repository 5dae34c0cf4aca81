// WebGL 2: faces of blocks with their edges, drill-holes as ribbons, the ground as a net.
(function (V) {
  "use strict";

  const FACE = [`#version 300 es
    layout(location=0) in uvec4 corner;
    uniform mat4 matrix; uniform vec3 palette[32]; uniform float light;
    out vec3 cell; flat out vec3 colour;
    void main() {
      cell = vec3(corner.xyz);
      colour = palette[corner.w] * light;
      gl_Position = matrix * vec4(cell, 1.0);
    }`, `#version 300 es
    precision highp float;
    in vec3 cell; flat in vec3 colour;
    uniform vec3 free; uniform float edge;
    out vec4 shade;
    void main() {
      vec3 near = abs(fract(cell + 0.5) - 0.5) / max(fwidth(cell), 1e-6);
      near += (1.0 - free) * 9.0;
      float line = 1.0 - clamp(min(near.x, min(near.y, near.z)), 0.0, 1.0);
      shade = vec4(colour * (1.0 - line * edge), 1.0);
    }`];
  const RIBBON = [`#version 300 es
    layout(location=0) in vec3 here; layout(location=1) in vec3 there;
    layout(location=2) in vec2 side; layout(location=3) in float bin;
    uniform mat4 matrix; uniform vec3 palette[32]; uniform vec2 pixel; uniform float wide;
    out vec3 colour; out float across;
    void main() {
      vec4 a = matrix * vec4(here, 1.0), b = matrix * vec4(there, 1.0);
      vec2 way = (b.xy - a.xy) / pixel;
      way = length(way) < 1e-4 ? vec2(1.0, 0.0) : normalize(way);
      vec4 end = side.x > 0.0 ? b : a;
      end.xy += vec2(-way.y, way.x) * side.y * wide * pixel;
      end.z -= 0.0004;
      gl_Position = end;
      colour = palette[int(bin + 0.5)];
      across = side.y;
    }`, `#version 300 es
    precision highp float;
    in vec3 colour; in float across; uniform float alpha; out vec4 shade;
    void main() {
      float rim = smoothstep(0.55, 0.8, abs(across));
      shade = vec4(mix(colour, vec3(0.13, 0.16, 0.19), rim) * alpha, alpha);
    }`];
  const NET = [`#version 300 es
    layout(location=0) in vec3 here; uniform mat4 matrix;
    void main() { gl_Position = matrix * vec4(here, 1.0); }`, `#version 300 es
    precision mediump float; out vec4 shade;
    void main() { shade = vec4(0.17, 0.24, 0.2, 0.5) * vec4(0.5, 0.5, 0.5, 1.0); }`];
  const LIGHT = [0.8, 0.88, 0.84, 0.92, 0.66, 1.0];

  function program(gl, sources) {
    const made = gl.createProgram();
    [gl.VERTEX_SHADER, gl.FRAGMENT_SHADER].forEach((kind, n) => {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, sources[n]);
      gl.compileShader(shader);
      gl.attachShader(made, shader);
    });
    gl.linkProgram(made);
    if (!gl.getProgramParameter(made, gl.LINK_STATUS)) { throw new Error("shader"); }
    return { made: made, at: (name) => gl.getUniformLocation(made, name) };
  }

  V.open = function (canvas) {
    const gl = canvas.getContext("webgl2", { alpha: true, antialias: false, powerPreference: "high-performance" });
    if (!gl) { return null; }
    const d = { gl: gl, face: program(gl, FACE), ribbon: program(gl, RIBBON), net: program(gl, NET) };
    d.sides = [0, 1, 2, 3, 4, 5].map(() => ({ array: gl.createVertexArray(), buffer: gl.createBuffer(), count: 0 }));
    d.sides.forEach((side) => {
      gl.bindVertexArray(side.array);
      gl.bindBuffer(gl.ARRAY_BUFFER, side.buffer);
      gl.enableVertexAttribArray(0);
      gl.vertexAttribIPointer(0, 4, gl.UNSIGNED_SHORT, 8, 0);
    });
    d.index = { buffer: gl.createBuffer(), quads: 0 };
    d.holes = { array: gl.createVertexArray(), buffer: gl.createBuffer(), count: 0 };
    d.ground = { array: gl.createVertexArray(), buffer: gl.createBuffer(), count: 0 };
    gl.bindVertexArray(null);
    return d;
  };

  // Two triangles for every four corners, the same for all sides.
  function indexFor(d, quads) {
    if (quads <= d.index.quads) { return; }
    const many = Math.max(quads, 2 * d.index.quads), list = new Uint32Array(6 * many);
    for (let q = 0; q < many; q += 1) { list.set([4 * q, 4 * q + 1, 4 * q + 2, 4 * q + 2, 4 * q + 1, 4 * q + 3], 6 * q); }
    d.gl.bindVertexArray(null);
    d.gl.bindBuffer(d.gl.ELEMENT_ARRAY_BUFFER, d.index.buffer);
    d.gl.bufferData(d.gl.ELEMENT_ARRAY_BUFFER, list, d.gl.STATIC_DRAW);
    d.index.quads = many;
  }

  V.putFaces = function (d, lists) {
    const gl = d.gl;
    indexFor(d, Math.max(...lists.map((list) => list.length / 16)));
    lists.forEach((list, n) => {
      const side = d.sides[n];
      gl.bindVertexArray(side.array);
      gl.bindBuffer(gl.ARRAY_BUFFER, side.buffer);
      gl.bufferData(gl.ARRAY_BUFFER, list, gl.DYNAMIC_DRAW);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, d.index.buffer);
      side.count = list.length / 16;
    });
    gl.bindVertexArray(null);
  };

  // Calls back once everything given to the card so far is drawn.
  V.whenDrawn = function (d, done) {
    const gl = d.gl, fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    return new Promise((resolve) => {
      const ask = () => {
        if (gl.isContextLost() || gl.getSyncParameter(fence, gl.SYNC_STATUS) === gl.SIGNALED) {
          gl.deleteSync(fence);
          done();
          resolve();
        } else { setTimeout(ask, 2); }
      };
      ask();
    });
  };

  // Ribbons: here, there (cells), end and side, bin: nine numbers for each of four corners.
  V.putHoles = function (d, list) {
    const gl = d.gl;
    indexFor(d, list.length / 36);
    gl.bindVertexArray(d.holes.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, d.holes.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, list, gl.DYNAMIC_DRAW);
    [[0, 3, 0], [1, 3, 12], [2, 2, 24], [3, 1, 32]].forEach(([at, size, offset]) => {
      gl.enableVertexAttribArray(at);
      gl.vertexAttribPointer(at, size, gl.FLOAT, false, 36, offset);
    });
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, d.index.buffer);
    d.holes.count = list.length / 36;
    gl.bindVertexArray(null);
  };

  V.putGround = function (d, list) {
    const gl = d.gl;
    gl.bindVertexArray(d.ground.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, d.ground.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, list, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 12, 0);
    d.ground.count = list.length / 3;
    gl.bindVertexArray(null);
  };

  // look: matrix, palette and holePalette (96 numbers), forward, cellPixels, holes, ground, wide,
  // through: how much of what lies behind blocks is seen of the holes.
  V.draw = function (d, look) {
    const gl = d.gl;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
    drawFaces(d, look);
    if (look.ground && d.ground.count) { drawGround(d, look); }
    if (look.holes && d.holes.count) {
      drawHoles(d, look, gl.LEQUAL, 1);
      drawHoles(d, look, gl.GREATER, look.through);
    }
    gl.bindVertexArray(null);
  };

  function drawFaces(d, look) {
    const gl = d.gl, use = d.face;
    gl.useProgram(use.made);
    gl.uniformMatrix4fv(use.at("matrix"), false, look.matrix);
    gl.uniform3fv(use.at("palette"), look.palette);
    gl.uniform1f(use.at("edge"), Math.max(0, Math.min(0.38, (look.cellPixels - 3) / 18)));
    d.sides.forEach((side, n) => {
      const axis = n >> 1, facing = look.forward[axis] * (n & 1 ? 1 : -1);
      if (!side.count || facing > -1e-6) { return; }
      gl.uniform1f(use.at("light"), LIGHT[n]);
      gl.uniform3f(use.at("free"), axis === 0 ? 0 : 1, axis === 1 ? 0 : 1, axis === 2 ? 0 : 1);
      gl.bindVertexArray(side.array);
      gl.drawElements(gl.TRIANGLES, 6 * side.count, gl.UNSIGNED_INT, 0);
    });
  }

  function drawHoles(d, look, depth, alpha) {
    const gl = d.gl, use = d.ribbon;
    gl.useProgram(use.made);
    gl.uniformMatrix4fv(use.at("matrix"), false, look.matrix);
    gl.uniform3fv(use.at("palette"), look.holePalette);
    gl.uniform2f(use.at("pixel"), 2 / gl.drawingBufferWidth, 2 / gl.drawingBufferHeight);
    gl.uniform1f(use.at("wide"), look.wide);
    gl.uniform1f(use.at("alpha"), alpha);
    gl.depthFunc(depth);
    gl.depthMask(depth === gl.LEQUAL);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindVertexArray(d.holes.array);
    gl.drawElements(gl.TRIANGLES, 6 * d.holes.count, gl.UNSIGNED_INT, 0);
    gl.disable(gl.BLEND);
    gl.depthMask(true);
    gl.depthFunc(gl.LEQUAL);
  }

  function drawGround(d, look) {
    const gl = d.gl;
    gl.useProgram(d.net.made);
    gl.uniformMatrix4fv(d.net.at("matrix"), false, look.matrix);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindVertexArray(d.ground.array);
    gl.drawArrays(gl.LINES, 0, d.ground.count);
    gl.disable(gl.BLEND);
  }
})(window.bornite3d);
