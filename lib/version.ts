import { readFileSync } from 'node:fs';

interface Package {
  readonly version: string;
}

const read = (): Package => JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Package;

/** Of this toolkit, as its package says. */
export const { version } = read();
