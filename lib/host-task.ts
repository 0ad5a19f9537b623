/** What the starter of a host process and the process say to each other. */
import type { ImportedTarget } from './domain/imported.ts';
import type { HttpOptions, StartOptions } from './options.ts';
import type { Shipment } from './shipping/shipment.ts';
import type { ErrorEnvelope } from './wire/error-envelope.ts';

/** Its first message, as plain data; of a detached one it is kept, so that it can be started again. */
export interface HostTask {
  readonly options: Omit<StartOptions, 'http'> & { readonly http: ShippedHttp | null };
  /** Any port was asked for, and it got the one in `options`: another will do when that is taken. */
  readonly takesAnyPort: boolean;
}

export interface ShippedHttp extends Omit<HttpOptions, 'middlewares'> {
  readonly middlewares: readonly ({ readonly shipment: Shipment } | { readonly imported: ImportedTarget })[];
}

export type FromHost =
  | { readonly type: 'started' }
  /** It ends right after. */
  | { readonly type: 'failed'; readonly error: ErrorEnvelope };
