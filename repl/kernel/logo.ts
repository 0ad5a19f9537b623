/** A kernel's picture, as front ends list it: one arrow that becomes two. Pure. */
import { crc32, deflateSync } from 'node:zlib';

type Point = readonly [x: number, y: number];
type Colour = readonly [red: number, green: number, blue: number];

/** In a square of 64. */
const SIDE = 64;
const CORNER = 12;
const STROKE = 3;
const DOT = 6;
const ENTRY: Point = [14, 32];
const EXITS: readonly Point[] = [
  [48, 18],
  [48, 46],
];
const FORK: Point = [28, 32];
const PAPER: Colour = [37, 99, 160];
const INK: Colour = [255, 255, 255];

export function logoSvg(): string {
  const dots = [ENTRY, ...EXITS].map(([x, y]) => `<circle cx="${x}" cy="${y}" r="${DOT}"/>`).join('');
  const lines = EXITS.map((exit) => `M${ENTRY.join(' ')}L${FORK.join(' ')}L${exit.join(' ')}`).join('');
  const ink = `rgb(${INK.join(' ')})`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIDE} ${SIDE}">`,
    `<rect width="${SIDE}" height="${SIDE}" rx="${CORNER}" fill="rgb(${PAPER.join(' ')})"/>`,
    `<path d="${lines}" fill="none" stroke="${ink}" stroke-width="${2 * STROKE}" stroke-linejoin="round"/>`,
    `<g fill="${ink}">${dots}</g></svg>\n`,
  ].join('');
}

/** `size`: pixels of a side. */
export function logoPng(size: number): Buffer {
  const scale = SIDE / size;
  const rows = Array.from({ length: size }, (_, y) => {
    const pixels = Array.from({ length: size }, (_, x) => pixelAt([(x + 0.5) * scale, (y + 0.5) * scale], scale));
    return [0, ...pixels.flat()]; // 0: the row stands as it is
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6], 8); // 8 bits for each of red, green, blue and alpha
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Uint8Array.from(rows.flat()))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function pixelAt(at: Point, pixel: number): number[] {
  const inside = (distance: number): number => Math.min(1, Math.max(0, 0.5 - distance / pixel));
  const paper = inside(distanceToSquare(at));
  const strokes = EXITS.flatMap((exit) => [distanceToLine(at, ENTRY, FORK), distanceToLine(at, FORK, exit)]);
  const dots = [ENTRY, ...EXITS].map(([x, y]) => Math.hypot(at[0] - x, at[1] - y) - DOT);
  const ink = inside(Math.min(...strokes.map((distance) => distance - STROKE), ...dots));
  const mixed = PAPER.map((value, index) => Math.round(value + ((INK[index] ?? 0) - value) * ink));
  return [...mixed, Math.round(255 * paper)];
}

/** Negative inside; corners are round. */
function distanceToSquare([x, y]: Point): number {
  const reach = SIDE / 2 - CORNER;
  const outX = Math.max(0, Math.abs(x - SIDE / 2) - reach);
  const outY = Math.max(0, Math.abs(y - SIDE / 2) - reach);
  return Math.hypot(outX, outY) - CORNER;
}

function distanceToLine([x, y]: Point, [fromX, fromY]: Point, [toX, toY]: Point): number {
  const [alongX, alongY] = [toX - fromX, toY - fromY];
  const along = ((x - fromX) * alongX + (y - fromY) * alongY) / (alongX ** 2 + alongY ** 2);
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - fromX - share * alongX, y - fromY - share * alongY);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
