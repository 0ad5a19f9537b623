import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { getCallSites } from 'node:util';

/**
 * The file URL of the user's file that called the toolkit: of the first frame that is not the toolkit's. At a prompt or
 * in `--eval` that frame has no file: then the URL of the working directory, ending in `/`.
 */
export function callerUrl(): string {
  const ours = new URL('..', import.meta.url).href;
  const caller = getCallSites(32, { sourceMap: false })
    .map(({ scriptName }) => (isAbsolute(scriptName) ? pathToFileURL(scriptName).href : scriptName))
    .find((url) => url !== '' && !url.startsWith(ours));
  return caller?.startsWith('file:') ? caller : `${pathToFileURL(process.cwd()).href.replace(/\/$/, '')}/`;
}
