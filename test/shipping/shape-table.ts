/** Tables of functions that capture something: each gives the same answer in place, in a thread and in a process. */
import { Serializer } from 'node:v8';
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { ship } from '../../lib/shipping/ship.ts';
import { type Host, startProcess, startThread } from './hosts.ts';
import { type Answer, collected } from './run-task.ts';

/** Gives the function that is shipped: without arguments, answering with a value that `structuredClone` takes. */
export type Shape = () => unknown;

export type Shapes = Readonly<Record<string, Shape>>;

/** Two places for the tests of a suite, ended with it. */
export function withHosts(test: Test): { readonly hosts: () => readonly Host[] } {
  let hosts: readonly Host[] = [];
  test.before(() => {
    hosts = [startThread(), startProcess()];
  });
  test.after(async () => {
    await Promise.all(hosts.map((host) => host.end()));
    for (const { name, said } of hosts) assert.is(said(), '', `${name} said something`);
  });
  return { hosts: () => hosts };
}

/** Each shape is shipped once, before it runs anywhere. */
export function testShapes(test: Test, shapes: Shapes, hosts: () => readonly Host[]): void {
  for (const [title, shape] of Object.entries(shapes)) {
    test(title, async () => {
      const target = (await shape()) as () => unknown;
      const shipment = await ship(target, { initArgs: [] });
      assert.is(shipment.kind, 'value', 'it travels by value');
      assert.ok(new Serializer().writeValue(shipment), 'plain data for any channel');
      const answers: Answer[] = [];
      for (const host of hosts()) answers.push(await host.run({ shipment, args: [] }));
      const inPlace = structuredClone(await collected(await target()));
      assert.is.not(inPlace, undefined, 'a shape answers something');
      for (const [index, { value, error }] of answers.entries()) {
        const where = hosts()[index]?.name;
        assert.is(error, undefined, `${where}: ${error?.stack} ${error?.cause}`);
        assert.equal(value, inPlace, where);
      }
    });
  }
}
