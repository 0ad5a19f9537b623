import { runElsewhere } from './parity.ts';

runElsewhere('handles from another process', [
  'errors',
  'generators',
  'handle/composed-calls',
  'handle/data',
  'handle/options',
  'handle/refs-in-data',
  'handle/sync',
  'handle/travel',
  'handle/typed',
  'methods',
  'object-ref',
  'queue',
  'returns',
]);
