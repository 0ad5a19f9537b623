/** What the starter of a host process and the process say to each other. */
import type { ImportedTarget } from './domain/imported.ts';
import type { HttpOptions, StartOptions } from './options.ts';
import type { Shipment } from './shipping/shipment.ts';
import type { ErrorEnvelope } from './wire/error-envelope.ts';

/** Its first message: the options, as plain data. */
export interface HostTask {
  readonly options: Omit<StartOptions, 'http'> & { readonly http: ShippedHttp | null };
}

export interface ShippedHttp extends Omit<HttpOptions, 'middlewares'> {
  readonly middlewares: readonly ({ readonly shipment: Shipment } | { readonly imported: ImportedTarget })[];
}

export type FromHost =
  | { readonly type: 'started' }
  /** It ends right after. */
  | { readonly type: 'failed'; readonly error: ErrorEnvelope };
