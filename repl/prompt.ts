import { type REPLEval, type REPLServer, Recoverable, start, writer } from 'node:repl';
import { inspect, types } from 'node:util';
import { banner } from './banner.ts';
import { errorText } from './error-text.ts';
import type { Session } from './session.ts';
import { toJavaScript } from './typescript.ts';

/** Opens the prompt and resolves when its user leaves it. */
export async function openPrompt(session: Session): Promise<void> {
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const { instance } = await session.client.status();
  process.stdout.write(banner(instance, session.isOwn));
  const server = start({
    // Node's own context: values made at the prompt are then of the same `Array` and `Error` as the toolkit's.
    useGlobal: true,
    breakEvalOnSigint: true,
    writer: (value: unknown) => show(value, server.useColors),
  });
  // Given as an option, an evaluator would cost Node's top-level await and Ctrl+C; around Node's own it keeps both.
  Object.assign(server, { eval: withTypeScript(server.eval) });
  process.on('uncaughtException', (error) => report(server, error));
  server.once('exit', leave);
  // Where nobody reads any more: saying so there would fail again, without end.
  process.stdout.on('error', () => leave());
  return left;
}

function withTypeScript(evaluate: REPLEval): REPLEval {
  return function (this: REPLServer, input, context, file, done) {
    const read = toJavaScript(input, 'script');
    if (read.as === 'incomplete') done(new Recoverable(read.error as SyntaxError), undefined);
    else if (read.as === 'unsupported') done(new SyntaxError(read.error.message), undefined);
    else evaluate.call(this, read.as === 'javascript' ? read.code : input, context, file, done);
  };
}

function show(value: unknown, colors: boolean): string {
  const options = { ...writer.options, colors };
  return types.isNativeError(value) ? errorText(value, options) : inspect(value, options);
}

/** What was thrown outside of the prompt's own calls, which Node's prompt does not see. */
function report(server: REPLServer, error: unknown): void {
  process.stdout.write(`\nUncaught ${show(error, server.useColors)}\n`);
  server.displayPrompt(true);
}
