import { freeTcpPort } from '../../src/adapters/process/free-port.ts';
import {
  createKillableRadicale,
  createKillableRedis,
  type KillableCalendar,
  type KillableServer,
} from '../../src/app/faults/killable-server.ts';

/** Servers of tests; the fault harness starts the same. */
export type TestServer = KillableServer;
export type TestCalendar = KillableCalendar;

/** A port for servers that speak TCP, as all of these do. */
export const freePort = freeTcpPort;
export const testCalendar = createKillableRadicale;
export const testRedis = createKillableRedis;
