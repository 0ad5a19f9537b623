import { runElsewhere } from './parity.ts';

runElsewhere('controls from another process', [
  'client/backend-config',
  'client/captures',
  'client/closing',
  'client/create-backend',
  'client/endpoints',
  'client/events',
  'client/shadow',
  'client/status',
  'client/trace',
  'client/traces',
  'client/trial',
  'client/traffic',
  'client/update-backend',
  'client/watch',
  'client/watch-end',
]);
