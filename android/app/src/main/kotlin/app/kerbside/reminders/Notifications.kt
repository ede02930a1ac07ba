package app.kerbside.reminders

import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import android.graphics.drawable.Icon
import app.kerbside.MainActivity
import app.kerbside.R
import app.kerbside.service
import app.kerbside.api.ReminderKind
import app.kerbside.ui.Wording
import java.time.LocalDate

/** A reminder as a notification: what to put out, until when, and "done" and "in an hour" without opening the app. */
internal class Notifications(private val context: Context) {
    private val manager = context.service<NotificationManager>()
    private val wording = Wording(context)

    fun show(due: Due) {
        val name = context.getString(R.string.reminders)
        manager.createNotificationChannel(NotificationChannel(CHANNEL, name, NotificationManager.IMPORTANCE_DEFAULT))
        manager.notify(tag(due.household.id, due.reminder.date), ID, notification(due))
    }

    fun remove(household: Int, date: LocalDate) = manager.cancel(tag(household, date), ID)

    private fun notification(due: Due): Notification {
        val reminder = due.reminder
        val title = when (reminder.kind) {
            ReminderKind.EveningBefore -> R.string.remind_evening
            ReminderKind.MorningOf -> R.string.remind_morning
            ReminderKind.BringBack -> R.string.remind_bring_back
        }
        val builder = Notification.Builder(context, CHANNEL)
            .setSmallIcon(R.drawable.ic_bin)
            .setColor(context.getColor(R.color.primary))
            .setContentTitle(context.getString(title))
            .setContentText(wording.list(reminder.streams.map { it.name }))
            .setSubText(wording.shortDay(reminder.date))
            .setCategory(Notification.CATEGORY_REMINDER)
            .setAutoCancel(true)
            .setContentIntent(open())
        if (reminder.kind != ReminderKind.BringBack) {
            builder.addAction(action(R.string.done, due, ReminderReceiver.DONE))
            builder.addAction(action(R.string.in_an_hour, due, ReminderReceiver.SNOOZE))
        }
        return builder.build()
    }

    private fun open() = PendingIntent.getActivity(
        context, 0, Intent(context, MainActivity::class.java).setAction(MainActivity.SHOW_SCHEDULE), PendingIntent.FLAG_IMMUTABLE,
    )

    private fun action(text: Int, due: Due, action: String): Notification.Action {
        val reminder = due.reminder
        val intent = Intent(context, ReminderReceiver::class.java).setAction(action)
            .putExtra(ReminderReceiver.HOUSEHOLD, due.household.id)
            .putExtra(ReminderReceiver.DATE, reminder.date.toString())
            .putExtra(ReminderReceiver.STREAMS, reminder.streams.map { it.id }.toTypedArray())
        val request = (due.household.id to reminder.date).hashCode()
        val pending = PendingIntent.getBroadcast(
            context, request, intent, PendingIntent.FLAG_IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT,
        )
        return Notification.Action.Builder(Icon.createWithResource(context, R.drawable.ic_bin), context.getString(text), pending).build()
    }

    /** A later reminder of the same day replaces the earlier one. */
    private fun tag(household: Int, date: LocalDate) = "$household/$date"

    companion object {
        const val CHANNEL = "reminders"
        const val ID = 1
    }
}
