/**
 * An id of a message, a display or a question. They are no secrets and only have to differ, so `Math.random` does, and
 * saves a session the 8 ms that node:crypto takes to load.
 */
export const newId = (): string => Array.from({ length: 4 }, quarter).join('');

const quarter = (): string =>
  Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
