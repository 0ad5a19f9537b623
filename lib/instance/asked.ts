/**
 * What is asked of an instance from elsewhere. A client has checked it already; but who speaks the protocol need not be
 * one, nor one of this version, and what is nonsense must not become the instance's state.
 */
import { CONTROL_NAMES, type Controls } from '../controls.ts';
import { invalidValue, isPlainObject, quote } from '../domain/given-value.ts';
import { requireName } from '../domain/names.ts';
import { ServeError } from '../errors.ts';
import { requireEndpointName, requireTraceCount } from '../trace-reader.ts';
import { version } from '../version.ts';
import { failPoint } from '../wire/fail-point.ts';
import type { InstanceControls } from './instance-controls.ts';

type Given = readonly unknown[];
type Options = typeof import('../options.ts');

/** What is not here is checked where it is carried out. */
const CHECKS: Partial<Readonly<Record<keyof Controls, (given: Given, options: Options) => Given>>> = {
  createBackend: ([tag, request], options) => [requireName('backend', tag), backendRequest(request, options, 'whole')],
  updateBackend: ([tag, request], options) => [
    requireName('backend', tag),
    backendRequest(request, options, 'changes'),
  ],
  updateBackendConfig: ([tag, given], options) => [tag, changesOf(given, options)],
  deleteBackend: ([tag, force], options) => [tag, options.resolveDeleteBackendOptions({ force }).force],
  createEndpoint: ([name, request], options) => [
    requireName('endpoint', name),
    options.resolveCreateEndpointOptions(request),
  ],
  updateEndpoint: ([name, update], options) => [name, options.resolveUpdateEndpointOptions(update)],
  rollback: ([revision]) => [numberOf('revision', revision)],
  statusAfter: ([after]) => [after === null ? null : numberOf('after', after)],
  openTrial: ([endpoint, backend, opening]) => [endpoint, backend, openingOf(opening)],
  takePairs: ([trial, last]) => [numberOf('trial', trial), last === true],
  closeTrial: ([trial]) => [numberOf('trial', trial)],
  eventsAfter: ([after, count, waits]) => [placeOf(after), numberOf('count', count), waits === true],
  tracesAfter: ([after, endpoint, count, waits]) => [
    placeOf(after),
    requireEndpointName(endpoint),
    requireTraceCount(count),
    waits === true,
  ],
};

/** Those that are told when who asked has gone. */
const TOLD_GONE: ReadonlySet<string> = new Set([
  'statusAfter',
  'eventsAfter',
  'tracesAfter',
  'openTrial',
] satisfies (keyof Controls)[]);

/** `gone`: who asks is, and waits no more. Rejects with INVALID_ARGUMENT, and with what the control rejects with. */
export async function carryOut(
  controls: InstanceControls,
  method: string,
  args: Given,
  gone: AbortSignal | null,
): Promise<unknown> {
  const name = CONTROL_NAMES.find((known) => known === method);
  if (!name) throw new ServeError('INVALID_ARGUMENT', `there is no control ${quote(method)} in servelab ${version}`);
  const given = await argumentsOf(name, args);
  const control = controls[name] as (...given: Given) => Promise<unknown>;
  const answer = await control.apply(controls, TOLD_GONE.has(name) ? [...given, gone] : [...given]);
  failPoint('answered');
  return answer;
}

async function argumentsOf(control: keyof Controls, given: Given): Promise<Given> {
  const check = CHECKS[control];
  return check ? check(given, await import('../options.ts')) : given;
}

function backendRequest(request: unknown, options: Options, config: 'whole' | 'changes'): unknown {
  if (!isPlainObject(request)) throw invalidValue('a backend', 'described by a plain object', request);
  const { shipment, initArgs, env, digests } = request;
  if (!isPlainObject(shipment)) throw invalidValue('shipment', 'what ship() makes', shipment);
  if (!Array.isArray(initArgs)) throw invalidValue('initArgs', 'a list', initArgs);
  if (env !== null && !isFoundEnv(env)) throw invalidValue('env', 'null, or two absolute paths', env);
  return {
    shipment,
    initArgs,
    env,
    digests: digestsOf(digests),
    config: config === 'whole' ? options.resolveBackendConfig(request.config) : changesOf(request.config, options),
    actorOptions: options.resolveActorOptions(request.actorOptions, env === null ? [] : ['env']),
  };
}

function digestsOf(given: unknown): unknown {
  const { code, initArgs } = isPlainObject(given) ? given : {};
  if (typeof code === 'string' && typeof initArgs === 'string') return { code, initArgs };
  throw invalidValue('digests', 'two strings', given);
}

function changesOf(given: unknown, options: Options): unknown {
  options.resolveBackendConfig(given);
  return given;
}

function isFoundEnv(env: unknown): boolean {
  if (!isPlainObject(env)) return false;
  const { directory, node } = env;
  return typeof directory === 'string' && (node === null || typeof node === 'string');
}

function placeOf(after: unknown): unknown {
  if (after === null) return null;
  if (isPlainObject(after) && typeof after.log === 'string' && typeof after.serial === 'number') return after;
  throw invalidValue('after', 'null, or a place in a log', after);
}

function openingOf(opening: unknown): unknown {
  const { shadow, count, withRequests } = isPlainObject(opening) ? opening : {};
  if (typeof shadow !== 'number' || !(shadow > 0 && shadow <= 1)) throw invalidValue('shadow', 'from 0 to 1', shadow);
  if (typeof count !== 'number' || !(count >= 1)) throw invalidValue('count', 'a number >= 1', count);
  return { shadow, count, withRequests: withRequests === true };
}

function numberOf(what: string, value: unknown): number {
  if (typeof value !== 'number') throw invalidValue(what, 'a number', value);
  return value;
}
