/** The modules that users import by the toolkit's name: this installation's, wherever their importer is. */
export const TOOLKIT = new URL('../lib/index.js', import.meta.url).href;

/** What a session has without importing it. */
export const NOTEBOOK_MODULE = new URL('./notebook-module.js', import.meta.url).href;

const MODULES: Readonly<Record<string, string>> = { servelab: TOOLKIT, 'servelab/notebook': NOTEBOOK_MODULE };

/** Undefined: it is a module of somebody else's. */
export const toolkitUrl = (specifier: string): string | undefined =>
  Object.hasOwn(MODULES, specifier) ? MODULES[specifier] : undefined;
