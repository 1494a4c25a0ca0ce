import { afterEach, expect, test } from 'vitest';
import { createFaultProxy } from '../../../src/adapters/fault-proxy/fault-proxy.ts';
import { createFhirTarget } from '../../../src/app/faults/fhir/fhir-target.ts';
import { planFaults } from '../../../src/app/faults/plan.ts';
import type { FaultTarget } from '../../../src/app/faults/target.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
let target: FaultTarget | null = null;

afterEach(async () => {
  await target?.server.kill();
  folder.remove();
});

test('the FHIR server of the fault harness holds after a kill what it had answered for, in the version that it had', async () => {
  target = await createFhirTarget(folder.path, 1);
  await target.server.start();
  await target.prepare();
  const [story] = planFaults(1, 1).stories;
  const [caller] = story?.callers ?? [];
  if (story === undefined || caller === undefined) throw new Error('the plan has a story with a caller');
  const proxy = await createFaultProxy(target.upstream, target.isWrite, { route: target.route });
  expect(await target.plainWrite(proxy.port, caller, { tries: 1, timeoutMs: 5000 })).toBe(201);
  await proxy.close();
  expect(await target.human.edit(story, caller.phone)).toBe('done');
  const before = await target.look(story);
  expect(before).toMatchObject([{ name: caller.name, phone: caller.phone, minutes: 30, service: 'check-up', isEdited: true }]);
  await target.server.kill();
  await target.server.start();
  expect(await target.list()).toEqual(before);
  expect(await target.human.remove(story, caller.phone)).toBe('done');
  expect(await target.look(story)).toEqual([]);
}, 60_000);
