/** An instance in another process, as a client holds it: its controls and the ways of queries to it. */
import { Client } from '../client.ts';
import type { ClientRoads } from '../client-roads.ts';
import type { Part } from '../domain/part.ts';
import { REQUEST_PART, reviveRequest } from '../domain/request.ts';
import { newIdSource } from '../domain/request-id.ts';
import { HANDLE_PART, reviveHandle } from '../handle.ts';
import { Reach } from './reach.ts';
import { RemoteControls } from './remote-controls.ts';
import { RemoteRoads } from './remote-roads.ts';

/**
 * A client that finds its instance again: a detached one that was killed and is started again is waited for, by what
 * was not sent yet and by questions; whoever waits for anything else is told that its outcome is unknown.
 *
 * Rejects with INSTANCE_NOT_FOUND, PROTOCOL_ERROR.
 */
export async function connectToInstance(name: string): Promise<Client> {
  const reach = new Reach(name);
  const remote = new RemoteControls(reach);
  await remote.open();
  const revive = (part: Part): unknown => {
    if (part.kind === HANDLE_PART) return reviveHandle(part, roads);
    if (part.kind === REQUEST_PART) return reviveRequest(part);
    throw new Error(`unknown part '${part.kind}' in a received value`);
  };
  const queries = new RemoteRoads(reach, revive);
  const newRequestId = newIdSource(Math.random);
  const roads: ClientRoads = {
    routed: { submit: (query, sink) => queries.submit(query, sink), newRequestId, block: null },
    sync: {
      submit: (query, sink) => queries.submitAndBlock(query, sink),
      newRequestId,
      block: (ref) => queries.block(ref),
    },
    requireEndpoint: async (endpoint) => void (await remote.call('requireEndpoint', [endpoint])),
  };
  return new Client(
    remote.controls,
    roads,
    () => remote.httpUrl,
    async () => {
      reach.close();
      queries.close();
      await remote.close();
    },
  );
}
