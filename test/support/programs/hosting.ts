// A process in which instances run that tests in another one are clients of.
import * as serve from 'servelab';

export interface Started {
  readonly name: string;
  /** Why it could not be started. */
  readonly message: string | null;
}

process.on('message', async (options: serve.StartGiven & { readonly name: string }) => {
  const said = (message: string | null): void => void process.send?.({ name: options.name, message } satisfies Started);
  try {
    await serve.start(options);
    said(null);
  } catch (error) {
    said(String(error));
  }
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
