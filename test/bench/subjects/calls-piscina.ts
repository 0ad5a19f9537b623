/** One `piscina.run` per call. */
import { beSubject } from '../subject.ts';
import { callFor } from '../work.ts';
import { makePool } from './pool.ts';

const pool = makePool();

beSubject(null, { call: (inFlight, seconds) => callFor(seconds, inFlight, (n) => pool.run({ n })) });
