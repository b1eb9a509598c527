/** Joins a session's runs to the messages and the state of its kernel. */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, Session as Services } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { guarded } from './guard';
import type { Runs } from './runs';

/** In these states the kernel forgets what it was asked to run. */
const FORGETFUL: ReadonlySet<Kernel.Status> = new Set([
  'restarting',
  'autorestarting',
  'terminating',
  'dead'
]);

type Change<T> = { oldValue: T | null; newValue: T | null };

export class KernelWatch {
  constructor(
    context: ISessionContext,
    private readonly runs: Pick<Runs, 'sent' | 'received' | 'lose'>
  ) {
    context.sessionChanged.connect(this.onSession, this);
    context.kernelChanged.connect(this.onKernel, this);
    context.statusChanged.connect(this.onStatus, this);
    context.session?.anyMessage.connect(this.onMessage, this);
  }

  /** Hear nothing more. */
  stop(): void {
    Signal.disconnectReceiver(this);
  }

  private readonly onSession = (
    _: ISessionContext,
    { oldValue, newValue }: Change<Services.ISessionConnection>
  ): void => {
    oldValue?.anyMessage.disconnect(this.onMessage, this);
    newValue?.anyMessage.connect(this.onMessage, this);
  };

  private readonly onKernel = (
    _: ISessionContext,
    { oldValue, newValue }: Change<Kernel.IKernelConnection>
  ): void => {
    // After a restart the same kernel comes as old and as new.
    if (oldValue && oldValue.id !== newValue?.id) {
      guarded('kernel', () => this.runs.lose());
    }
  };

  private readonly onStatus = (
    _: ISessionContext,
    status: Kernel.Status
  ): void => {
    if (FORGETFUL.has(status)) {
      guarded('kernel', () => this.runs.lose());
    }
  };

  private readonly onMessage = (
    _: unknown,
    { msg, direction }: Kernel.IAnyMessageArgs
  ): void => {
    guarded('message', () => {
      if (direction === 'send') {
        this.runs.sent(msg);
      } else {
        this.runs.received(msg);
      }
    });
  };
}
