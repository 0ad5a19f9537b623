import { randomBytes } from 'node:crypto';

/** A source of request ids, `<random><count>`: unique without a draw for each. */
export function newIdSource(prefix = ''): () => string {
  const start = `${prefix === '' ? '' : `${prefix}-`}${randomBytes(6).toString('hex')}-`;
  let count = 0;
  return () => start + (count++).toString(36);
}
