/** Queries that a replica leaves to the instance to route, because its own thread blocks until they are answered. */
import type { AnswerSink, Query, QueryTicket } from '../domain/query.ts';
import { headOfResponse } from '../wire/answered-response.ts';
import { startedAtOnce } from '../wire/claims.ts';
import { packError } from '../wire/error-envelope.ts';
import type { Port } from '../wire/port.ts';
import { type IncomingQuery, QueryReceiver } from '../wire/query-receiver.ts';

export interface GatewayParts {
  readonly port: Port;
  readonly crossesProcesses: boolean;
  /** Counted up after each message, for a thread that waits on it; null = none does. */
  readonly wake: Int32Array | null;
  submit(query: Query, sink: AnswerSink, lineage: string): QueryTicket;
}

export function openGateway({ port, crossesProcesses, wake, submit }: GatewayParts): void {
  const received = (incoming: IncomingQuery): void => {
    const { route } = incoming;
    if (!route) throw new Error('a query came to the gateway without an endpoint');
    incoming.start();
    const query: Query = {
      endpoint: route.endpoint,
      request: incoming.request,
      callMethod: incoming.callMethod,
      shardKey: route.shardKey,
      timeoutMs: route.timeoutMs,
      answerAs: 'value',
    };
    const sink: AnswerSink = {
      answered: (answer) => pass(incoming, answer),
      failed: (error) => incoming.fail(packError(error)),
    };
    const ticket = submit(query, sink, incoming.lineage);
    incoming.onAborted(() => ticket.cancel());
  };
  const receiver = new QueryReceiver(
    port,
    startedAtOnce(crossesProcesses),
    { name: 'gateway', received, revive: null },
    wake,
  );
  receiver.channel.port.unref();
}

function pass(incoming: IncomingQuery, answer: unknown): void {
  try {
    if (answer instanceof ReadableStream) incoming.answerStream(answer);
    else if (answer instanceof Response) incoming.answerResponse(headOfResponse(answer));
    else incoming.answerValue(answer);
  } catch (error) {
    incoming.fail(packError(error));
  }
}
