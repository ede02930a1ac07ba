package app.kerbside.widget

import android.app.PendingIntent
import android.appwidget.AppWidgetManager
import android.appwidget.AppWidgetProvider
import android.content.ComponentName
import android.content.Context
import android.content.Intent
import android.widget.RemoteViews
import app.kerbside.MainActivity
import app.kerbside.R
import app.kerbside.api.Collection
import app.kerbside.reminders.inBackground
import app.kerbside.ui.Icons
import app.kerbside.ui.Wording
import java.time.LocalDate

/** What the widget says. */
data class Tonight(val title: String, val text: String, val icon: String?)

/** On the home screen: what to put out tonight, or what comes next. */
class TonightWidget : AppWidgetProvider() {
    override fun onUpdate(context: Context, manager: AppWidgetManager, ids: IntArray) =
        inBackground(context) { app -> app.graph.updateWidgets() }

    companion object {
        /** What there is to say, from what is due and what comes after. */
        fun say(context: Context, hasPlace: Boolean, due: List<Collection>, coming: List<Collection>, today: LocalDate): Tonight {
            val wording = Wording(context)
            val next = coming.filter { it.date > today }.groupBy { it.date }.entries.firstOrNull()
            return when {
                !hasPlace -> Tonight(context.getString(R.string.app_name), context.getString(R.string.where_title), null)
                due.isNotEmpty() ->
                    Tonight(context.getString(R.string.put_out), wording.list(due.map { it.stream.name }), due.first().stream.icon)
                next != null -> {
                    val names = wording.list(next.value.map { it.stream.name })
                    val day = wording.relativeDay(next.key, today)
                    Tonight(context.getString(R.string.nothing_tonight), context.getString(R.string.next_is, day, names), next.value.first().stream.icon)
                }
                else -> Tonight(context.getString(R.string.nothing_tonight), context.getString(R.string.no_days), null)
            }
        }

        fun views(context: Context, tonight: Tonight) = RemoteViews(context.packageName, R.layout.widget_tonight).apply {
            setTextViewText(R.id.widget_title, tonight.title)
            setTextViewText(R.id.widget_text, tonight.text)
            setImageViewResource(R.id.widget_icon, tonight.icon?.let(Icons::of) ?: R.drawable.ic_bin)
            val open = Intent(context, MainActivity::class.java).setAction(MainActivity.SHOW_SCHEDULE)
            setOnClickPendingIntent(R.id.widget, PendingIntent.getActivity(context, 0, open, PendingIntent.FLAG_IMMUTABLE))
        }

        fun update(context: Context, tonight: Tonight) {
            AppWidgetManager.getInstance(context)?.updateAppWidget(placed(context), views(context, tonight))
        }

        fun isPlaced(context: Context) = placed(context).isNotEmpty()

        private fun placed(context: Context): IntArray =
            AppWidgetManager.getInstance(context)?.getAppWidgetIds(ComponentName(context, TonightWidget::class.java)) ?: IntArray(0)
    }
}
