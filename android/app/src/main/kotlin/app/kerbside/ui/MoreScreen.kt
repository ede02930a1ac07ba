package app.kerbside.ui

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.Color
import android.widget.FrameLayout
import app.kerbside.R
import app.kerbside.nav.Route

/** What is not needed every day. */
@SuppressLint("ViewConstructor")
internal class MoreScreen(context: Context, private val host: Host) : FrameLayout(context) {
    init {
        val content = context.column {
            add(context.titleBar(context.getString(R.string.more)))
            add(
                context.column(12) {
                    padding(16, 8)
                    add(entry(R.drawable.ic_place, R.string.places, R.string.places_help, Route.Places))
                    add(entry(R.drawable.ic_model, R.string.models, R.string.models_help, Route.Models))
                    add(entry(R.drawable.ic_info, R.string.about, R.string.about_help, Route.About))
                },
            )
        }
        addView(context.scroll(content), LayoutParams(MATCH, MATCH))
    }

    private fun entry(icon: Int, title: Int, help: Int, route: Route) = context.row(16) {
        padding(18, 16)
        minimumHeight = dp(TOUCH)
        add(context.icon(icon, context.getColor(R.color.primary)), dp(24), dp(24))
        add(
            context.column(2) {
                add(context.label(Type.Strong, context.getString(title)))
                add(context.label(Type.Soft, context.getString(help)))
            },
            weight = 1f,
        )
        add(context.icon(R.drawable.ic_next), dp(24), dp(24))
        val card = context.rounded(context.getColor(R.color.surface), stroke = context.getColor(R.color.outline))
        pressable(card, context.rounded(Color.WHITE)) { host.go(route) }
    }
}
