/** What the command line uses of the terminal UI. */
export { type OpenGiven, openTop } from './app/open.ts';
export { snapshotText } from './views/snapshot.ts';
