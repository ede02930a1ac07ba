package app.kerbside.schedule

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.Color
import android.view.Gravity
import android.view.View
import app.kerbside.R
import app.kerbside.api.Collection
import app.kerbside.ui.Icons
import app.kerbside.ui.Stack
import app.kerbside.ui.TOUCH
import app.kerbside.ui.Type
import app.kerbside.ui.WRAP
import app.kerbside.ui.Wording
import app.kerbside.ui.add
import app.kerbside.ui.column
import app.kerbside.ui.dp
import app.kerbside.ui.icon
import app.kerbside.ui.iconButton
import app.kerbside.ui.label
import app.kerbside.ui.pressable
import app.kerbside.ui.rounded
import app.kerbside.ui.row
import app.kerbside.ui.textScale
import java.time.DayOfWeek
import java.time.LocalDate
import java.time.format.TextStyle

/** A month as a sheet on the wall: what is fetched stands in each day. */
@SuppressLint("ViewConstructor")
internal class MonthView(context: Context, private val model: ScheduleViewModel) {
    private val wording = Wording(context)

    fun view(context: Context, state: ScheduleState, firstDayOfWeek: DayOfWeek) = context.column(4) {
        add(
            context.row {
                add(context.iconButton(R.drawable.ic_previous, context.getString(R.string.previous_month)) { model.turn(-1) }, dp(TOUCH), dp(TOUCH))
                add(context.label(Type.Heading, wording.month(state.month)).apply { gravity = Gravity.CENTER }, weight = 1f)
                add(context.iconButton(R.drawable.ic_next, context.getString(R.string.next_month)) { model.turn(1) }, dp(TOUCH), dp(TOUCH))
            },
        )
        val grid = MonthGrid(state.month, firstDayOfWeek)
        add(weekdays(context, grid))
        val collections = state.inMonth.groupBy { it.date }
        for (week in grid.weeks) add(
            context.row {
                for (day in week) add(cell(context, day, collections[day].orEmpty(), state), weight = 1f)
            },
        )
    }

    private fun weekdays(context: Context, grid: MonthGrid) = context.row {
        val locale = context.resources.configuration.locales[0]
        for (day in grid.weeks.first()) {
            val style = if (context.textScale > 1.3f) TextStyle.NARROW_STANDALONE else TextStyle.SHORT_STANDALONE
            val name = day.dayOfWeek.getDisplayName(style, locale).trimEnd('.')
            add(context.label(Type.Caption, name).apply { gravity = Gravity.CENTER; maxLines = 1 }, weight = 1f)
        }
        importantForAccessibility = View.IMPORTANT_FOR_ACCESSIBILITY_NO_HIDE_DESCENDANTS
    }

    private fun cell(context: Context, day: LocalDate, collections: List<Collection>, state: ScheduleState) = context.column(2) {
        minimumHeight = dp(60)
        gravity = Gravity.CENTER_HORIZONTAL or Gravity.TOP
        setPadding(0, dp(6), 0, dp(6))
        val isToday = day == state.today
        add(
            context.label(if (isToday) Type.Strong else Type.Body, "${day.dayOfMonth}").apply {
                if (isToday) setTextColor(context.getColor(R.color.primary))
                gravity = Gravity.CENTER
            },
            WRAP,
        )
        add(symbols(context, collections), WRAP)
        alpha = if (day.month == state.month.month) 1f else 0.45f
        val names = collections.map { it.stream.name }
        contentDescription = listOf(wording.day(day), wording.list(names).ifEmpty { context.getString(R.string.nothing_fetched) }).joinToString(": ")
        isSelected = day == state.picked
        val ground = when {
            day == state.picked -> context.rounded(context.getColor(R.color.primary_soft), radius = 14)
            isToday -> context.rounded(Color.TRANSPARENT, radius = 14, stroke = context.getColor(R.color.primary))
            else -> null
        }
        pressable(ground, context.rounded(Color.WHITE, radius = 14)) { model.pick(day) }
    }

    /** Up to two symbols; more are counted. */
    private fun symbols(context: Context, collections: List<Collection>): Stack = context.row(1) {
        gravity = Gravity.CENTER
        val shown = if (collections.size <= 2) collections else collections.take(1)
        for (one in shown) add(context.icon(Icons.of(one.stream.icon), context.getColor(R.color.text), 16), dp(16), dp(16))
        if (collections.size > shown.size) add(context.label(Type.Caption, "+${collections.size - shown.size}").apply { setLineSpacing(0f, 1f) })
        minimumHeight = dp(16)
    }
}
