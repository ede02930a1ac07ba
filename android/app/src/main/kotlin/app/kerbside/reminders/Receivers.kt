package app.kerbside.reminders

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import app.kerbside.App
import app.kerbside.api.KerbsideError
import java.time.LocalDate
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.launch

/** The alarm rang, or a person pressed a notification's button. */
class ReminderReceiver : BroadcastReceiver() {
    override fun onReceive(context: Context, intent: Intent) = inBackground(context) { app ->
        val household = intent.getIntExtra(HOUSEHOLD, 0)
        val date = intent.getStringExtra(DATE)?.let(LocalDate::parse)
        when (intent.action) {
            RING -> app.graph.reminders.look()
            DONE -> if (date != null) app.graph.reminders.done(household, date, intent.getStringArrayExtra(STREAMS).orEmpty().toList())
            SNOOZE -> if (date != null) app.graph.reminders.snooze(household, date)
        }
        app.graph.updateWidgets()
    }

    companion object {
        const val RING = "app.kerbside.RING"
        const val DONE = "app.kerbside.DONE"
        const val SNOOZE = "app.kerbside.SNOOZE"
        const val HOUSEHOLD = "household"
        const val DATE = "date"
        const val STREAMS = "streams"
    }
}

/** The phone started, its clock or time zone changed, or the app was updated: alarms are gone or wrong. */
class RearmReceiver : BroadcastReceiver() {
    override fun onReceive(context: Context, intent: Intent) {
        if (intent.action !in REASONS) return
        inBackground(context) { app ->
            app.graph.reminders.look()
            app.graph.updateWidgets()
        }
    }

    companion object {
        val REASONS = setOf(
            Intent.ACTION_BOOT_COMPLETED, Intent.ACTION_MY_PACKAGE_REPLACED, Intent.ACTION_TIMEZONE_CHANGED, Intent.ACTION_TIME_CHANGED,
        )
    }
}

/** Work that takes a moment: the system is told when it is over. */
internal fun BroadcastReceiver.inBackground(context: Context, work: suspend CoroutineScope.(App) -> Unit) {
    val app = context.applicationContext as App
    val pending: BroadcastReceiver.PendingResult? = goAsync()
    app.graph.scope.launch {
        try {
            work(app)
        } catch (_: KerbsideError) {
            // Nobody is looking; the app says it when it is opened.
        } finally {
            pending?.finish()
        }
    }
}
