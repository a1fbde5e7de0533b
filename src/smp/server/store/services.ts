/** Clients that are services. */
import type { Batch } from './group-writer.ts';
import { RECORD_SIZE, type Tables } from './tables.ts';
import type { ServiceStore } from './types.ts';

/** Increments or decrements the notifier count of a service; does nothing without a service. */
export function countNotifier(tables: Tables, batch: Batch, serviceId: Uint8Array | undefined, change: 1 | -1): void {
  const service = serviceId === undefined ? undefined : tables.services.get(serviceId);
  if (serviceId === undefined || service === undefined) return;
  tables.services.set(batch, serviceId, { ...service, notifiers: Math.max(0, service.notifiers + change) });
}

export function serviceStore(tables: Tables): ServiceStore {
  return {
    async admit(certHash, role, newId) {
      const known = tables.serviceCertificates.get(certHash);
      const service = known === undefined ? undefined : tables.services.get(known);
      if (known !== undefined && service !== undefined) return service.role === role ? known : undefined;
      if (tables.services.has(newId)) return undefined;
      await tables.write(RECORD_SIZE, (batch) => {
        tables.services.set(batch, newId, { role, certHash, notifiers: 0 });
        tables.serviceCertificates.set(batch, certHash, newId);
      });
      return newId;
    },
    notifiers: async (serviceId) => tables.services.get(serviceId)?.notifiers,
  };
}
