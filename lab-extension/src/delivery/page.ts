/** The moments in a page's life that the delivery must know. */

export interface PageMoments {
  /** The page is hidden or goes away: what is not written now may never be. */
  leaving: () => void;
  /** The page is seen again, or the network is back. */
  returning: () => void;
}

/** Listen as long as the page lives. */
export function watchPage(moments: PageMoments): void {
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') {
      moments.leaving();
    } else {
      moments.returning();
    }
  });
  window.addEventListener('pagehide', moments.leaving);
  window.addEventListener('pageshow', moments.returning);
  window.addEventListener('online', moments.returning);
}
