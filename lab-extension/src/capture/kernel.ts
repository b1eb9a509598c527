/** Tells what becomes of a session's kernel, and joins the session's runs to the kernel's messages. */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, Session as Services } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import type { KernelStarted } from '../protocol';
import { guarded } from './guard';
import type { Runs } from './runs';

/** In these states the kernel forgets what it was asked to run. */
const FORGETFUL: ReadonlySet<Kernel.Status> = new Set([
  'restarting',
  'autorestarting',
  'terminating',
  'dead'
]);

/** In these states it works. */
const ALIVE: ReadonlySet<Kernel.Status> = new Set(['starting', 'idle', 'busy']);

const NAME_UNITS = 512;

type Change<T> = { oldValue: T | null; newValue: T | null };

export type KernelEvent =
  'kernel.started' | 'kernel.restarted' | 'kernel.interrupted' | 'kernel.died';

export interface KernelWatchOptions {
  context: ISessionContext;
  runs: Pick<Runs, 'sent' | 'received' | 'lose'>;
  record: (type: KernelEvent, body: KernelStarted) => void;
}

export class KernelWatch {
  constructor({ context, runs, record }: KernelWatchOptions) {
    this.context = context;
    this.runs = runs;
    this.record = record;
    context.sessionChanged.connect(this.onSession, this);
    context.kernelChanged.connect(this.onKernel, this);
    context.statusChanged.connect(this.onStatus, this);
    context.session?.anyMessage.connect(this.onMessage, this);
    this.meet(context.session?.kernel ?? null);
  }

  /** Somebody asked this page to interrupt the kernel. There is no signal of it: the server is told by HTTP. */
  interrupted(): void {
    this.tell('kernel.interrupted');
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
    guarded('kernel', () => {
      // After a restart the same kernel comes as old and as new.
      if (oldValue && oldValue.id !== newValue?.id) {
        this.runs.lose();
      }
      this.meet(newValue);
    });
  };

  private readonly onStatus = (
    _: ISessionContext,
    status: Kernel.Status
  ): void => {
    guarded('kernel', () => {
      if (FORGETFUL.has(status)) {
        this.runs.lose();
      }
      // A kernel that died, and that the server starts again, is first said to be restarting, as if by wish.
      if (status === 'restarting') {
        this.restarting = true;
      } else if (status === 'autorestarting' || status === 'dead') {
        if (!this.dead) {
          this.tell('kernel.died');
        }
        this.dead = true;
        this.restarting = status === 'autorestarting';
      } else if (ALIVE.has(status) && this.restarting) {
        this.tell('kernel.restarted');
        this.restarting = false;
        this.dead = false;
      }
    });
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

  /** A kernel is there; it may be the one that was there before. */
  private meet(kernel: Kernel.IKernelConnection | null): void {
    if (kernel !== null && kernel.id !== this.kernelId) {
      this.kernelId = kernel.id;
      this.restarting = false;
      this.dead = false;
      this.tell('kernel.started');
    }
  }

  private tell(type: KernelEvent): void {
    const kernel = this.context.session?.kernel;
    if (kernel) {
      this.record(type, {
        kernel_id: kernel.id.slice(0, NAME_UNITS),
        name: kernel.name.slice(0, NAME_UNITS)
      });
    }
  }

  private readonly context: ISessionContext;
  private readonly runs: Pick<Runs, 'sent' | 'received' | 'lose'>;
  private readonly record: KernelWatchOptions['record'];
  private kernelId: string | null = null;
  private restarting = false;
  private dead = false;
}
