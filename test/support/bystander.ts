/** Somebody who uses an instance in good order the whole time that others do not. */
import * as serve from 'servelab';
import * as assert from 'uvu/assert';

export interface Bystander {
  readonly client: serve.Client;
  /** Nothing went wrong so far, and he has got on since he was asked last. */
  noticesNothing(): Promise<void>;
  leave(): Promise<void>;
}

/** Asks `echo` of that instance, and for its status, in turn, until he leaves. */
export async function bystander(name: string, pid: number): Promise<Bystander> {
  const client = await serve.connect({ name });
  const echo = await client.getHandle('echo');
  let rounds = 0;
  let onRound = (): void => {};
  let hasLeft = false;
  const goesOn = (async () => {
    while (!hasLeft) {
      assert.is(await echo.remote(rounds), rounds);
      assert.is((await client.status()).instance.pid, pid);
      rounds++;
      onRound();
    }
  })();
  goesOn.catch(() => {}); // told to whoever asks next
  const round = (): Promise<void> =>
    Promise.race([
      new Promise<void>((resolve) => {
        onRound = resolve;
      }),
      goesOn,
    ]);
  return {
    client,
    async noticesNothing() {
      await round();
      await round();
    },
    async leave() {
      hasLeft = true;
      await goesOn;
      await client.close();
    },
  };
}
