/** A run as JUnit has it, for whoever shows test results: a test case for each cell of code. */
import { stripVTControlCharacters } from 'node:util';
import type { CellRun, NotebookRun } from './cell-run.ts';
import { titleOf } from './model.ts';

export function junitText({ cells }: NotebookRun, file: string): string {
  const cases = cells.flatMap((run, at) => (run.outcome === 'text' ? [] : [{ run, at }]));
  const count = (outcomes: readonly CellRun['outcome'][]): number =>
    cases.filter(({ run }) => outcomes.includes(run.outcome)).length;
  const seconds = secondsOf(cells.reduce((sum, { ms }) => sum + ms, 0));
  const totals = [
    `tests="${cases.length}" failures="${count(['failed', 'interrupted'])}" errors="0"`,
    `skipped="${count(['skipped', 'unreached'])}" time="${seconds}"`,
  ].join(' ');
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals}>`,
    `<testsuite name="${attribute(file)}" ${totals}>`,
    ...cases.map(({ run, at }) => caseText(run, at, file)),
    '</testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseText({ cell, outcome, ms, failure }: CellRun, at: number, file: string): string {
  const name = attribute(`cell ${at + 1}: ${titleOf(cell)}`);
  const head = `<testcase classname="${attribute(file)}" name="${name}" time="${secondsOf(ms)}"`;
  if (outcome === 'skipped' || outcome === 'unreached') {
    const why = outcome === 'skipped' ? 'tagged skip' : 'a cell before it failed';
    return `${head}><skipped message="${why}"/></testcase>`;
  }
  if (failure === null || outcome === 'raised') return `${head}/>`;
  const message = attribute(`${failure.name}: ${failure.message}`);
  return `${head}><failure type="${attribute(failure.name)}" message="${message}">${content(failure.text)}</failure></testcase>`;
}

const secondsOf = (ms: number): string => (ms / 1000).toFixed(3);

/** XML 1.0 has no place for most control characters, however they are written. */
const content = (text: string): string =>
  stripVTControlCharacters(text)
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');

const attribute = (text: string): string =>
  content(text).replaceAll('"', '&quot;').replaceAll(/\s/g, ' ').slice(0, 1000);
