/** Pictures as they are seen, in a browser with its fonts; SERVELAB_PICTURES names a folder to keep them in. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { colorOf, FAILURE, INK, WARNING } from '../../../repl/charts/palette.ts';
import { requireOrSkip } from '../../support/require.ts';
import { BrowserPage, chromium } from '../kernel/browser-page.ts';
import { EXAMPLES } from './examples.ts';
import { elementsOfPicture } from './picture.ts';

const test = suite('pictures');

const BACKGROUNDS = { white: '#ffffff', dark: '#0d1117' } as const;

/** What must be found. */
const PLANTED = `<svg xmlns="http://www.w3.org/2000/svg" width="680" height="40">${[
  '<text x="10" y="20">under</text><text x="20" y="22">over</text><text x="670" y="20">far</text>',
]}</svg>`;

test('each is XML, with nothing that a page takes out which cleans what it shows', () => {
  for (const svg of Object.values(EXAMPLES)) elementsOfPicture(svg);
});

test('every colour can be told from white and from dark, and one from another by their light or hue', () => {
  const series = Array.from({ length: 6 }, (_, at) => colorOf(at));
  for (const background of Object.values(BACKGROUNDS)) {
    for (const color of [...series, FAILURE]) assert.ok(contrast(color, background) >= 3, `${color} on ${background}`);
    for (const color of [INK, WARNING]) assert.ok(contrast(color, background) >= 3.5, `${color} on ${background}`);
  }
  assert.is(new Set(series).size, 6);
});

requireOrSkip(
  test,
  'no text leaves the picture, none lies on another, and a page shows each as an image',
  chromium,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'servelab-pictures-'));
    const file = join(folder, 'page.html');
    writeFileSync(file, pageOf({ ...EXAMPLES, planted: PLANTED }));
    const page = await BrowserPage.open(pathToFileURL(file).href, folder, process.env);
    try {
      await page.until(
        `document.images.length === ${Object.keys(EXAMPLES).length + 1} && [...document.images].every((one) => one.complete)`,
        'the page',
      );
      assert.is(await page.evaluate('[...document.images].filter((one) => one.naturalWidth !== 680).length'), 0);
      assert.equal(await page.evaluate(`(${mistakes})()`), ['planted: outside: far', 'planted: over on under']);
      for (const [name, color] of Object.entries(BACKGROUNDS)) {
        await page.evaluate(`document.body.style.background = ${JSON.stringify(color)}`);
        if (process.env.SERVELAB_PICTURES) {
          for (const part of Object.keys(EXAMPLES)) {
            await page.evaluate(`document.getElementById(${JSON.stringify(part)}).scrollIntoView()`);
            await page.screenshot(
              join(process.env.SERVELAB_PICTURES, `charts-${part.replaceAll(' ', '-')}-${name}.png`),
            );
          }
        }
      }
    } finally {
      await page.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test.run();

/** Each twice: as a part of the page, where its texts can be measured, and as an image. */
function pageOf(svgs: Readonly<Record<string, string>>): string {
  const parts = Object.entries(svgs).map(
    ([name, svg]) =>
      `<div id="${name}">${svg}</div><img alt="" src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}">`,
  );
  return `<!doctype html><meta charset="utf-8"><body style="margin:0">${parts.join('')}`;
}

/** Runs in the page. */
const mistakes = `() => [...document.querySelectorAll('div')].flatMap((div) => {
  const frame = div.querySelector('svg').getBoundingClientRect();
  const texts = [...div.querySelectorAll('svg text')].map((text) => ({ text: text.textContent, at: text.getBoundingClientRect() }));
  const outside = texts.filter(({ at }) => at.left < frame.left || at.right > frame.right || at.top < frame.top || at.bottom > frame.bottom);
  const overlapping = texts.flatMap((one, index) => texts.slice(index + 1).filter((other) =>
    one.at.left < other.at.right - 1 && other.at.left < one.at.right - 1 &&
    one.at.top < other.at.bottom - 3 && other.at.top < one.at.bottom - 3).map((other) => other.text + ' on ' + one.text));
  return [...outside.map(({ text }) => div.id + ': outside: ' + text), ...overlapping.map((text) => div.id + ': ' + text)];
})`;

/** As the accessibility guidelines measure it. */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
